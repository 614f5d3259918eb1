using RobustMQ.Interop.Tests.Servers;

namespace RobustMQ.Interop.Tests.Transcripts;

/// <summary>A conversation as it was recorded from nats-server; README.md in this folder describes the format.</summary>
internal sealed record Transcript(ServerSettings Settings, IReadOnlyList<TranscriptLine> Lines)
{
    public static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "Transcripts");

    public static Transcript Load(string name)
    {
        var settings = new List<string>();
        var lines = new List<TranscriptLine>();
        var number = 0;
        foreach (var line in File.ReadLines(Path.Combine(Directory, name + ".txt")))
        {
            number++;
            if (line.StartsWith('!'))
                settings.Add(line);
            else if (line.Length > 0 && !line.StartsWith('#'))
                lines.Add(TranscriptLine.Parse(line, number));
        }
        return new Transcript(ServerSettings.Parse(settings), lines);
    }
}

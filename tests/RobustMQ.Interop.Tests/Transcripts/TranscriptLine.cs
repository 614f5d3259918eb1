using System.Text.RegularExpressions;

namespace RobustMQ.Interop.Tests.Transcripts;

/// <summary>One line of a transcript.</summary>
/// <param name="Connection">Which of the transcript's connections: the number behind C or S, or nothing.</param>
/// <param name="Text">As written, escapes and patterns included.</param>
internal sealed partial record TranscriptLine(int Number, string Connection, TranscriptAction Action, string Text, bool HasLineEnd)
{
    public static TranscriptLine Parse(string line, int number)
    {
        var match = Grammar().Match(line);
        if (!match.Success)
            throw new FormatException($"line {number} is none of a transcript: {line}");
        var text = match.Groups["text"].Value;
        var action = (match.Groups["side"].Value, text) switch
        {
            ("C", "<connect>") => TranscriptAction.Connect,
            ("C", "<close>") => TranscriptAction.Close,
            ("C", _) => TranscriptAction.Send,
            (_, "<closed>") => TranscriptAction.ExpectClosed,
            _ => TranscriptAction.Expect,
        };
        return new TranscriptLine(number, match.Groups["connection"].Value, action, text, HasLineEnd: match.Groups["open"].Length == 0);
    }

    [GeneratedRegex("^(?<side>[CS])(?<connection>[0-9]*)(?<open>~?):( (?<text>.*))?$")]
    private static partial Regex Grammar();
}

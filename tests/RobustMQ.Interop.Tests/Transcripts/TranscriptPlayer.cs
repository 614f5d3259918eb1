using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace RobustMQ.Interop.Tests.Transcripts;

/// <summary>
/// Plays a transcript's client side and compares what the server says. Lines of one connection that follow each other go out in one piece. A server's own PING is
/// answered and left out, unless the transcript waits for it. At the end every connection that is still open must have nothing more to say.
/// </summary>
internal sealed class TranscriptPlayer(Transcript transcript, IPEndPoint server) : IDisposable
{
    private readonly Dictionary<string, TranscriptConnection> _connections = [];
    private readonly StringBuilder _played = new();

    public async Task PlayAsync()
    {
        var lines = transcript.Lines;
        for (var at = 0; at < lines.Count; at++)
        {
            var line = lines[at];
            if (line.Action != TranscriptAction.Send)
            {
                await PlayAsync(line);
                continue;
            }
            var bytes = new List<byte>();
            for (; at < lines.Count && lines[at].Action == TranscriptAction.Send && lines[at].Connection == line.Connection; at++)
                bytes.AddRange(BytesOf(lines[at]));
            at--;
            await _connections[line.Connection].SendAsync([.. bytes]);
        }
        foreach (var name in _connections.Keys.ToList())
            await EndAsync(name);
    }

    public void Dispose()
    {
        foreach (var connection in _connections.Values)
            connection.Dispose();
    }

    private async Task PlayAsync(TranscriptLine line)
    {
        switch (line.Action)
        {
            case TranscriptAction.Connect:
                _played.AppendLine($"C{line.Connection}: {line.Text}");
                _connections.Add(line.Connection, new TranscriptConnection());
                await _connections[line.Connection].ConnectAsync(server);
                break;
            case TranscriptAction.Close:
                _played.AppendLine($"C{line.Connection}: {line.Text}");
                _connections.Remove(line.Connection, out var connection);
                connection!.Dispose();
                break;
            case TranscriptAction.ExpectClosed:
                await ExpectAsync(line, null);
                _connections.Remove(line.Connection, out var closed);
                closed!.Dispose();
                break;
            default:
                await ExpectAsync(line, Pattern(line.Text));
                break;
        }
    }

    private byte[] BytesOf(TranscriptLine line)
    {
        _played.AppendLine($"C{line.Connection}{(line.HasLineEnd ? "" : "~")}: {line.Text}");
        var bytes = TranscriptText.Decode(TranscriptText.ExpandRuns(line.Text));
        return line.HasLineEnd ? [.. bytes, .. "\r\n"u8] : bytes;
    }

    /// <param name="pattern">Null: the server closes.</param>
    private async Task ExpectAsync(TranscriptLine line, Regex? pattern)
    {
        var actual = await ReadAsync(line.Connection, takesPing: line.Text == "PING");
        _played.AppendLine($"S{line.Connection}: {actual ?? "<closed>"}");
        if (pattern is null ? actual is not null : actual is null || !pattern.IsMatch(actual))
            Assert.Fail($"line {line.Number}: expected '{line.Text}', the conversation was\n{_played}");
    }

    private async Task<string?> ReadAsync(string connection, bool takesPing)
    {
        try
        {
            while (true)
            {
                var line = await _connections[connection].ReadLineAsync();
                if (takesPing || line is null || !line.AsSpan().SequenceEqual("PING"u8))
                    return line is null ? null : TranscriptText.Encode(line);
                await _connections[connection].SendAsync("PONG\r\n"u8.ToArray());
            }
        }
        catch (OperationCanceledException)
        {
            return "<nothing>";
        }
    }

    /// <summary>What the transcript does not know of would come before the PONG.</summary>
    private async Task EndAsync(string name)
    {
        await _connections[name].SendAsync("PING\r\n"u8.ToArray());
        await ExpectAsync(new TranscriptLine(0, name, TranscriptAction.Expect, "PONG", true), Pattern("PONG"));
    }

    /// <summary><c>&lt;any&gt;</c> stands for any text, <c>&lt;number&gt;</c> for digits.</summary>
    private static Regex Pattern(string text)
    {
        var pattern = Regex.Escape(TranscriptText.ExpandRuns(text)).Replace("<any>", ".*").Replace("<number>", "[0-9]+");
        return new Regex($"^{pattern}$", RegexOptions.Singleline, TimeSpan.FromSeconds(1));
    }
}

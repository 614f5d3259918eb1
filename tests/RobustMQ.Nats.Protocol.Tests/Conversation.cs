using System.Text;

namespace RobustMQ.Nats.Protocol.Tests;

/// <summary>Reads input as a session does: whatever has arrived is parsed again until nothing whole is left. Texts are Latin-1, so every byte has a character.</summary>
internal static class Conversation
{
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>One line a command, and last why reading ended: a status that closes the connection, or what was still missing.</summary>
    public static List<string> Read(byte[] input, NatsParserLimits limits, params ReadOnlySpan<int> cuts)
    {
        var lines = new List<string>();
        var consumed = 0;
        var last = ParseStatus.NeedsLine;
        foreach (var end in (ReadOnlySpan<int>)[.. cuts, input.Length])
        {
            while (consumed < end)
            {
                last = NatsParser.TryParse(input.AsSpan(consumed..end), limits, out var command);
                if (last != ParseStatus.Command)
                    break;
                lines.Add(Describe(command, input.AsSpan(consumed..end)));
                consumed += command.TotalLength;
            }
            if (last is not (ParseStatus.Command or ParseStatus.NeedsLine or ParseStatus.NeedsPayload))
                break;
        }
        lines.Add(consumed == input.Length ? "end" : last.ToString());
        return lines;
    }

    public static ParseStatus Status(string input, NatsParserLimits? limits = null) => NatsParser.TryParse(Bytes(input), limits ?? new NatsParserLimits(), out _);

    public static string Describe(in NatsCommand command, ReadOnlySpan<byte> input)
    {
        var text = new StringBuilder(command.Kind.ToString());
        Add(text, "subject", command.Subject);
        Add(text, "reply", command.ReplyTo);
        Add(text, "queue", command.Queue);
        Add(text, "sid", command.Sid);
        Add(text, "json", command.Json);
        if (command.Kind == NatsCommandKind.Unsub)
            text.Append($" max={command.MessagesMax}");
        if (command.Kind is NatsCommandKind.Pub or NatsCommandKind.HPub)
        {
            var body = input.Slice(command.BodyStart, command.BodyLength);
            Add(text, "headers", body[..command.HeaderLength]);
            text.Append($" payload={Encoding.Latin1.GetString(body[command.HeaderLength..])}");
        }
        return text.ToString();
    }

    private static void Add(StringBuilder text, string name, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
            text.Append($" {name}={Encoding.Latin1.GetString(value)}");
    }
}

using System.Globalization;
using System.Text;

namespace RobustMQ.Bench.Nats;

/// <summary>Reads one <c>MSG subject sid [reply] size CR LF payload CR LF</c> in full, for requesters and responders. Lines in front of it (PING, INFO) are passed over.</summary>
internal static class MessageReader
{
    public static bool TryRead(ReadOnlySpan<byte> input, out ReceivedMessage message)
    {
        message = default;
        var skipped = SkipOtherLines(input);
        input = input[skipped..];
        var lineEnd = input.IndexOf((byte)'\n');
        if (lineEnd < 0)
            return false;
        var line = input[..(lineEnd - 1)];

        Span<Range> parts = stackalloc Range[6];
        var count = 0;
        foreach (var range in line.Split((byte)' '))
            parts[count++] = range;
        var size = int.Parse(line[parts[count - 1]], CultureInfo.InvariantCulture);
        if (input.Length < lineEnd + 1 + size + 2)
            return false;
        message = new ReceivedMessage
        {
            Subject = line[parts[1]],
            Reply = count == 5 ? line[parts[3]] : default,
            Payload = input.Slice(lineEnd + 1, size),
            TotalLength = skipped + lineEnd + 1 + size + 2,
        };
        return true;
    }

    private static int SkipOtherLines(ReadOnlySpan<byte> input)
    {
        var at = 0;
        while (true)
        {
            var rest = input[at..];
            var lineEnd = rest.IndexOf((byte)'\n');
            if (lineEnd < 0 || rest[0] == 'M')
                return at;
            if (rest[0] == '-')
                throw new IOException(Encoding.UTF8.GetString(rest[..lineEnd]));
            at += lineEnd + 1;
        }
    }
}

/// <summary>Slices of the receive buffer.</summary>
internal ref struct ReceivedMessage
{
    public ReadOnlySpan<byte> Subject { get; init; }

    public ReadOnlySpan<byte> Reply { get; init; }

    public ReadOnlySpan<byte> Payload { get; init; }

    public int TotalLength { get; init; }
}

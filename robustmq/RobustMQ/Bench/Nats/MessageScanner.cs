using System.Text;

namespace RobustMQ.Bench.Nats;

/// <summary>Counts the messages of one connection: reads each MSG or HMSG line's size and steps over the payload.</summary>
internal static class MessageScanner
{
    /// <summary>Counts whole messages at the front of the input.</summary>
    /// <param name="consumed">Bytes of what was counted.</param>
    /// <exception cref="IOException">The server sent an error.</exception>
    public static int Count(ReadOnlySpan<byte> input, out int consumed)
    {
        var count = 0;
        var at = 0;
        while (true)
        {
            var rest = input[at..];
            var lineEnd = rest.IndexOf((byte)'\n');
            if (lineEnd < 0)
                break;
            var first = rest[0];
            if (first is (byte)'M' or (byte)'H')
            {
                var length = lineEnd + 1 + SizeAtEnd(rest[..(lineEnd - 1)]) + 2;
                if (length > rest.Length)
                    break;
                if (rest[length - 1] != '\n')
                    throw new IOException("a payload has the wrong length");
                count++;
                at += length;
                continue;
            }
            if (first == '-')
                throw new IOException(Encoding.UTF8.GetString(rest[..lineEnd]));
            at += lineEnd + 1;
        }
        consumed = at;
        return count;
    }

    private static int SizeAtEnd(ReadOnlySpan<byte> line)
    {
        var size = 0;
        var factor = 1;
        for (var at = line.Length - 1; line[at] != ' '; at--)
        {
            size += (line[at] - '0') * factor;
            factor *= 10;
        }
        return size;
    }
}

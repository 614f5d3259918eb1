using System.Text;

namespace RobustMQ.Fuzz;

/// <summary>Changes input in the ways that break decoders: bits, lengths, repeats, cuts, pieces of other input.</summary>
internal sealed class Mutation(Random random, IReadOnlyList<byte[]> corpus)
{
    private const int BytesMax = 64 << 10;

    private static readonly byte[][] Interesting =
    [
        [0], [0xff], [0x7f], [0x80], "\r\n"u8.ToArray(), " "u8.ToArray(), "\t"u8.ToArray(), "0"u8.ToArray(), "-1"u8.ToArray(), "2147483647"u8.ToArray(), "4294967296"u8.ToArray(),
        "999999999"u8.ToArray(), "NaN"u8.ToArray(), "-Infinity"u8.ToArray(), "."u8.ToArray(), "*"u8.ToArray(), ">"u8.ToArray(), ":"u8.ToArray(), "\""u8.ToArray(), "{"u8.ToArray(),
        "["u8.ToArray(), "&a"u8.ToArray(), "*a"u8.ToArray(), "- "u8.ToArray(), "\n  "u8.ToArray(), [0x7f, 0xff, 0xff, 0xff], [0x80, 0, 0, 0], [0xff, 0xff, 0xff, 0xff], [0xc3, 0x28],
        [0xff, 0xff, 0xff, 0xff, 0x0f], [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    ];

    public byte[] Next()
    {
        var bytes = new List<byte>(corpus[random.Next(corpus.Count)]);
        for (var changes = random.Next(1, 9); changes > 0; changes--)
            Change(bytes);
        if (bytes.Count > BytesMax)
            bytes.RemoveRange(BytesMax, bytes.Count - BytesMax);
        return [.. bytes];
    }

    /// <summary>Random cuts, ascending, of a length.</summary>
    public int[] Cuts(int length)
    {
        var cuts = new int[random.Next(0, 12)];
        for (var index = 0; index < cuts.Length; index++)
            cuts[index] = random.Next(length + 1);
        Array.Sort(cuts);
        return cuts;
    }

    private void Change(List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        var length = random.Next(Math.Min(bytes.Count - at, 64) + 1);
        switch (random.Next(9))
        {
            case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes.InsertRange(at, Interesting[random.Next(Interesting.Length)]); break;
            case 3: bytes.RemoveRange(at, length); break;
            case 4: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
            case 5: bytes.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), random.Next(300))); break;
            case 6: Overwrite(bytes, at, Interesting[random.Next(Interesting.Length)]); break;
            case 7: Splice(bytes, at); break;
            case 8: bytes.InsertRange(at, Encoding.ASCII.GetBytes(random.Next(2000).ToString())); break;
        }
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] with)
    {
        for (var index = 0; index < with.Length && at + index < bytes.Count; index++)
            bytes[at + index] = with[index];
    }

    private void Splice(List<byte> bytes, int at)
    {
        var other = corpus[random.Next(corpus.Count)];
        bytes.RemoveRange(at, bytes.Count - at);
        bytes.AddRange(other.AsSpan(random.Next(other.Length + 1)));
    }
}

using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace RobustMQ.Records.Batches;

/// <summary>
/// CRC-32C eight bytes per step on the processor's own instruction. The instruction takes three cycles and one may begin in each, so longer inputs go three lanes abreast: the lanes'
/// checksums are then brought together, which the checksum's linearity allows.
/// </summary>
internal static class Crc32CLanes
{
    private const int LaneBytes = 1024;
    private const int LaneWords = LaneBytes / sizeof(ulong);
    private const int StrideBytes = 3 * LaneBytes;

    /// <summary>What becomes of a checksum when a lane of zeros follows, by each of its four bytes.</summary>
    private static readonly uint[] ZerosBehind = Shifts();

    /// <summary>A checksum, not inverted, with more bytes behind it.</summary>
    public static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= StrideBytes; bytes = bytes[StrideBytes..])
            crc = AddStride(crc, MemoryMarshal.Cast<byte, ulong>(bytes[..StrideBytes]));
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = Add(crc, word);
        foreach (var value in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, value);
        return crc;
    }

    private static uint AddStride(uint crc, ReadOnlySpan<ulong> words)
    {
        var first = words[..LaneWords];
        var second = words.Slice(LaneWords, LaneWords);
        var third = words.Slice(2 * LaneWords, LaneWords);
        var (crcOfSecond, crcOfThird) = (0u, 0u);
        for (var at = 0; at < first.Length && at < second.Length && at < third.Length; at++)
        {
            crc = Add(crc, first[at]);
            crcOfSecond = Add(crcOfSecond, second[at]);
            crcOfThird = Add(crcOfThird, third[at]);
        }
        return Shift(Shift(crc) ^ crcOfSecond) ^ crcOfThird;
    }

    private static uint Add(uint crc, ulong word) => BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));

    private static uint Shift(uint crc) =>
        ZerosBehind[crc & 0xff] ^ ZerosBehind[256 + ((crc >> 8) & 0xff)] ^ ZerosBehind[512 + ((crc >> 16) & 0xff)] ^ ZerosBehind[768 + (crc >> 24)];

    private static uint[] Shifts()
    {
        var shifts = new uint[4 * 256];
        for (var place = 0; place < 4; place++)
        {
            for (var value = 0u; value < 256; value++)
            {
                var crc = value << (8 * place);
                for (var word = 0; word < LaneWords; word++)
                    crc = Add(crc, 0UL);
                shifts[(256 * place) + value] = crc;
            }
        }
        return shifts;
    }
}

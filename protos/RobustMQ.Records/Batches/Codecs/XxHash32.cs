using System.Buffers.Binary;
using System.Numerics;

namespace RobustMQ.Records.Batches.Codecs;

/// <summary>xxHash, 32 bits, seed 0: the checksum of LZ4 frames.</summary>
internal static class XxHash32
{
    private const uint Prime1 = 2654435761;
    private const uint Prime2 = 2246822519;
    private const uint Prime3 = 3266489917;
    private const uint Prime4 = 668265263;
    private const uint Prime5 = 374761393;
    private const int StripeBytes = 16;

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var length = (uint)bytes.Length;
        var hash = length + (bytes.Length >= StripeBytes ? TakeStripes(ref bytes) : Prime5);
        for (; bytes.Length >= sizeof(uint); bytes = bytes[sizeof(uint)..])
            hash = BitOperations.RotateLeft(hash + BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Prime3, 17) * Prime4;
        foreach (var value in bytes)
            hash = BitOperations.RotateLeft(hash + value * Prime5, 11) * Prime1;
        hash = (hash ^ (hash >> 15)) * Prime2;
        hash = (hash ^ (hash >> 13)) * Prime3;
        return hash ^ (hash >> 16);
    }

    private static uint TakeStripes(ref ReadOnlySpan<byte> bytes)
    {
        var a = unchecked(Prime1 + Prime2);
        var b = Prime2;
        var c = 0u;
        var d = unchecked(0u - Prime1);
        for (; bytes.Length >= StripeBytes; bytes = bytes[StripeBytes..])
        {
            a = Round(a, bytes);
            b = Round(b, bytes[4..]);
            c = Round(c, bytes[8..]);
            d = Round(d, bytes[12..]);
        }
        return BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
    }

    private static uint Round(uint lane, ReadOnlySpan<byte> word) =>
        BitOperations.RotateLeft(lane + BinaryPrimitives.ReadUInt32LittleEndian(word) * Prime2, 13) * Prime1;
}

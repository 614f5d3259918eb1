using System.Runtime.CompilerServices;

namespace RobustMQ.Records.Batches;

/// <summary>Zig-zag variable-length integers as protocol buffers and Kafka write them: seven bits a byte, least significant first.</summary>
public static class Varint
{
    /// <summary>Longest form of a 32-bit value, bytes.</summary>
    public const int Int32BytesMax = 5;

    /// <summary>Longest form of a 64-bit value, bytes.</summary>
    public const int Int64BytesMax = 10;

    /// <summary>Bytes that <paramref name="value"/> takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Size(long value)
    {
        var zigzag = ZigZag(value);
        return zigzag < 0x80 ? 1 : (70 - System.Numerics.BitOperations.LeadingZeroCount(zigzag)) / 7;
    }

    /// <summary>Writes <paramref name="value"/> at the front of <paramref name="target"/>, which has room; returns the bytes written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(Span<byte> target, long value)
    {
        var zigzag = ZigZag(value);
        if (zigzag >= 0x80)
            return WriteLong(target, zigzag);
        target[0] = (byte)zigzag;
        return 1;
    }

    /// <summary>Reads one value at <paramref name="position"/> and moves past it. False when the bytes end early or the value has more than 64 bits; the position is then unchanged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> source, ref int position, out long value)
    {
        if ((uint)position < (uint)source.Length && source[position] < 0x80)
        {
            ulong first = source[position++];
            value = (long)(first >> 1) ^ -(long)(first & 1);
            return true;
        }
        return TryReadLong(source, ref position, out value);
    }

    /// <summary>As <see cref="TryRead(ReadOnlySpan{byte}, ref int, out long)"/>, and false where the value does not fit 32 bits or takes more than <see cref="Int32BytesMax"/>, which Kafka's clients refuse too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> source, ref int position, out int value)
    {
        var at = position;
        if (TryRead(source, ref at, out long wide) && wide == (int)wide && at - position <= Int32BytesMax)
        {
            position = at;
            value = (int)wide;
            return true;
        }
        value = 0;
        return false;
    }

    private static int WriteLong(Span<byte> target, ulong zigzag)
    {
        var count = 0;
        for (; zigzag >= 0x80; zigzag >>= 7)
            target[count++] = (byte)(zigzag | 0x80);
        target[count++] = (byte)zigzag;
        return count;
    }

    private static bool TryReadLong(ReadOnlySpan<byte> source, ref int position, out long value)
    {
        ulong zigzag = 0;
        value = 0;
        var at = position;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if ((uint)at >= (uint)source.Length)
                return false;
            var part = source[at++];
            if (shift == 63 && part > 1)
                return false;
            zigzag |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                position = at;
                value = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
                return true;
            }
        }
        return false;
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));
}

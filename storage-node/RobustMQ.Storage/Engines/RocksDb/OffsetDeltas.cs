namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// Value of a key's index entry: the records of the key in one batch as deltas to its base offset, ascending, each as the distance to the one before in base 128
/// (seven bits a byte, the lowest first, the high bit set where more follow).
/// </summary>
internal static class OffsetDeltas
{
    public const int BytesMax = 5;

    public static int Write(List<int> deltas, Span<byte> into)
    {
        var at = 0;
        var last = 0;
        foreach (var delta in deltas)
        {
            var distance = (uint)(delta - last);
            for (; distance >= 0x80; distance >>= 7)
                into[at++] = (byte)(distance | 0x80);
            into[at++] = (byte)distance;
            last = delta;
        }
        return at;
    }

    /// <summary>Takes the next delta from the front.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> value, ref long delta)
    {
        var distance = 0L;
        for (var i = 0; i < value.Length && i < BytesMax; i++)
        {
            distance |= (long)(value[i] & 0x7F) << (7 * i);
            if (value[i] >= 0x80)
                continue;
            value = value[(i + 1)..];
            delta += distance;
            return true;
        }
        return false;
    }
}

using RobustMQ.Records.Subjects;

namespace RobustMQ.Storage.Engines.Keys;

/// <summary>Newest offsets of every key, some per key, oldest first.</summary>
internal sealed class KeyIndex(int offsetsPerKey)
{
    private readonly Dictionary<byte[], List<long>> _offsets = new(Utf8Comparer.Instance);

    public int OffsetsPerKey { get; } = offsetsPerKey;

    public int Count => _offsets.Count;

    /// <summary>Adds a newer offset of a key.</summary>
    /// <returns>The offset that it displaces, -1 for none.</returns>
    public long Add(ReadOnlySpan<byte> key, long offset)
    {
        var lookup = _offsets.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!lookup.TryGetValue(key, out var offsets))
            lookup[key] = offsets = new List<long>(1);
        var displaced = -1L;
        if (offsets.Count == OffsetsPerKey)
        {
            displaced = offsets[0];
            offsets.RemoveAt(0);
        }
        offsets.Add(offset);
        return displaced;
    }

    /// <summary>Newest offset of a key, -1 for none.</summary>
    public long FindLast(ReadOnlySpan<byte> key) =>
        _offsets.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var offsets) && offsets.Count > 0 ? offsets[^1] : -1;

    /// <summary>A record is gone.</summary>
    /// <returns>False where an older offset of the key may exist that this index does not know.</returns>
    public bool Remove(ReadOnlySpan<byte> key, long offset)
    {
        if (!_offsets.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var offsets) || !offsets.Remove(offset))
            return true;
        return offsets.Count > 0;
    }
}

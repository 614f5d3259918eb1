using System.Buffers;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// The records of one batch by key, so that a key gets one index entry a batch however many of the batch's records have it. Collect, sort, then walk the groups. Reusable.
/// </summary>
internal sealed class KeyGroups
{
    private readonly ArrayBufferWriter<byte> _keys = new();
    private readonly List<Entry> _entries = [];
    private int _next;

    private readonly record struct Entry(int At, int Length, int Delta, bool IsGone);

    public void Clear()
    {
        _keys.ResetWrittenCount();
        _entries.Clear();
        _next = 0;
    }

    /// <param name="delta">Of the record's offset to the batch's. Ascending.</param>
    /// <param name="isGone">The record is being removed.</param>
    public void Add(ReadOnlySpan<byte> key, int delta, bool isGone = false)
    {
        if (_entries.Count > 0 && KeyOf(_entries[^1]).SequenceEqual(key))
        {
            _entries.Add(_entries[^1] with { Delta = delta, IsGone = isGone });
            return;
        }
        var at = _keys.WrittenCount;
        _keys.Write(key);
        _entries.Add(new Entry(at, key.Length, delta, isGone));
    }

    public void Sort()
    {
        // Most batches are of one subject, and then one key stands here.
        if (_entries.Count > 1 && _entries[^1].At != _entries[0].At)
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_entries).Sort(new ByKey(this));
    }

    /// <summary>The next key with the deltas of its records that stay.</summary>
    /// <param name="staying">Emptied, then filled.</param>
    /// <param name="hasGone">A record of this key is being removed.</param>
    public bool TryNext(out ReadOnlySpan<byte> key, List<int> staying, out bool hasGone)
    {
        staying.Clear();
        hasGone = false;
        key = default;
        if (_next == _entries.Count)
            return false;
        key = KeyOf(_entries[_next]);
        for (; _next < _entries.Count && KeyOf(_entries[_next]).SequenceEqual(key); _next++)
        {
            if (_entries[_next].IsGone)
                hasGone = true;
            else
                staying.Add(_entries[_next].Delta);
        }
        return true;
    }

    private ReadOnlySpan<byte> KeyOf(Entry entry) => _keys.WrittenSpan.Slice(entry.At, entry.Length);

    private readonly struct ByKey(KeyGroups groups) : IComparer<Entry>
    {
        public int Compare(Entry x, Entry y)
        {
            var byKey = x.At == y.At ? 0 : groups.KeyOf(x).SequenceCompareTo(groups.KeyOf(y));
            return byKey != 0 ? byKey : x.Delta.CompareTo(y.Delta);
        }
    }
}

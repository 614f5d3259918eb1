namespace RobustMQ.Storage.Engines.Segment.Files;

/// <summary>
/// Where some of a segment's batches begin: about one entry per <see cref="SegmentOptions.IndexIntervalBytes"/>, by offset and, since each entry also says the greatest timestamp
/// before it, by time. The first batch needs no entry.
/// </summary>
internal sealed class SparseIndex
{
    private IndexEntry[] _entries = [];

    public int Count { get; private set; }

    public ReadOnlySpan<IndexEntry> Entries => _entries.AsSpan(0, Count);

    public void Add(IndexEntry entry)
    {
        if (Count == _entries.Length)
            Array.Resize(ref _entries, Math.Max(4, Count * 2));
        _entries[Count++] = entry;
    }

    /// <summary>The last entry at or before an offset; the segment's beginning where there is none.</summary>
    public IndexEntry FindOffset(uint relativeOffset)
    {
        var low = 0;
        var high = Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_entries[middle].RelativeOffset <= relativeOffset)
                low = middle + 1;
            else
                high = middle;
        }
        return low == 0 ? IndexEntry.Beginning : _entries[low - 1];
    }

    /// <summary>The last entry before which every timestamp lies before a time.</summary>
    public IndexEntry FindTime(long timeMs)
    {
        var low = 0;
        var high = Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_entries[middle].MaxTimestampBeforeMs < timeMs)
                low = middle + 1;
            else
                high = middle;
        }
        return low == 0 ? IndexEntry.Beginning : _entries[low - 1];
    }
}

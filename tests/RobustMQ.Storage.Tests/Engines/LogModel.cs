namespace RobustMQ.Storage.Tests.Engines;

/// <summary>What a log must look like from outside, as simply as possible: a list of records and the offset of the next one.</summary>
internal sealed class LogModel
{
    public List<(long Offset, string Key, long TimestampMs)> Records { get; } = [];

    public long End { get; private set; }

    /// <summary>Raised by deleting before an offset, even where no record lies there.</summary>
    public long Start => Records.Count == 0 ? End : Records[0].Offset;

    public void Append(long timestampMs, IEnumerable<string> keys)
    {
        foreach (var key in keys)
            Records.Add((End++, key, timestampMs));
    }

    public int DeleteBefore(long offset) => Records.RemoveAll(record => record.Offset < offset);

    public int Delete(IReadOnlyCollection<long> offsets) => Records.RemoveAll(record => offsets.Contains(record.Offset));

    public void TruncateTo(long end)
    {
        if (end >= End)
            return;
        Records.RemoveAll(record => record.Offset >= end);
        End = end;
    }

    public long LastOfKey(string key) => Records.FindLastIndex(record => record.Key == key) is var at and >= 0 ? Records[at].Offset : -1;

    public (long Offset, long TimestampMs) FindTime(long timeMs)
    {
        foreach (var (offset, _, timestampMs) in Records)
        {
            if (timestampMs >= timeMs)
                return (offset, timestampMs);
        }
        return (-1, -1);
    }
}

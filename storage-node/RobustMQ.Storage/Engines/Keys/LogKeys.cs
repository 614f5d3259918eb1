using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Engines.Keys;

/// <summary>
/// Which offsets a key has. Kept always where the topic limits records per key; otherwise built when somebody asks for a key, and given up when nobody has asked for a
/// while, so that plain appends do not pay for it. Used by the log's writer.
/// </summary>
internal sealed class LogKeys(IKeyedLog log)
{
    /// <summary>Appends without a question after which an index that was built on demand is given up.</summary>
    private const int IdleAppendsMax = 1024;

    private readonly List<long> _displaced = [];
    private readonly Queue<(long Offset, long TimestampMs)> _tombstones = new();
    private KeyIndex? _index;
    private int _perKeyMax;
    private int _idleAppends;

    /// <summary>Offsets of keys are known at present, so removals must be told.</summary>
    public bool IsKept => _index is not null;

    public void Configure(long maxRecordsPerKey)
    {
        var perKeyMax = (int)Math.Min(maxRecordsPerKey, int.MaxValue);
        if (perKeyMax == _perKeyMax)
            return;
        _perKeyMax = perKeyMax;
        _index = null;
        if (perKeyMax > 0)
            Build();
    }

    public void OnAppended(ReadOnlySpan<byte> batch)
    {
        if (_index is null)
            return;
        if (_perKeyMax == 0 && ++_idleAppends > IdleAppendsMax)
        {
            _index = null;
            return;
        }
        log.VisitRecords(batch, Add);
        DropDisplaced();
        if (_index is { } index && index.Count > 2 * log.RecordCount + 1024)
            Build();
    }

    public void OnKilled(in Record record)
    {
        if (_index is not null && record.HasKey && !_index.Remove(record.Key, record.Offset.Value) && _perKeyMax == 0)
            _index = null;
    }

    /// <returns>False where the batch has no record of that offset.</returns>
    public bool OnKilled(ReadOnlySpan<byte> batch, long offset)
    {
        using var opened = new OpenedBatch();
        if (!opened.TryOpen(batch))
            return true;
        var reader = opened.Read(batch);
        while (reader.MoveNext())
        {
            if (reader.Current.Offset.Value != offset)
                continue;
            OnKilled(reader.Current);
            return true;
        }
        return false;
    }

    /// <summary>The log was changed in a way that offsets do not survive.</summary>
    public void Forget()
    {
        _index = null;
        if (_perKeyMax > 0)
            Build();
    }

    /// <summary>
    /// Adds to <paramref name="offsets"/> the records without a value that are older than a Unix time in ms, each named once. Known only where one record is kept of
    /// each key: elsewhere an older value would show again.
    /// </summary>
    public void TakeTombstones(long olderThanMs, List<Offset> offsets)
    {
        while (_tombstones.TryPeek(out var oldest) && oldest.TimestampMs < olderThanMs)
            offsets.Add(new Offset(_tombstones.Dequeue().Offset));
    }

    public Offset FindLast(ReadOnlySpan<byte> key)
    {
        _idleAppends = 0;
        if (_index is null)
            Build();
        var last = _index!.FindLast(key);
        return last >= log.StartOffset.Value ? new Offset(last) : Offset.None;
    }

    private void Build()
    {
        _index = new KeyIndex(Math.Max(1, _perKeyMax));
        _tombstones.Clear();
        log.VisitRecords(Add);
        DropDisplaced();
    }

    private void Add(in Record record)
    {
        if (!record.HasKey)
            return;
        var displaced = _index!.Add(record.Key, record.Offset.Value);
        if (displaced >= 0 && _perKeyMax > 0)
            _displaced.Add(displaced);
        if (_perKeyMax == 1 && !record.HasValue)
            _tombstones.Enqueue((record.Offset.Value, record.TimestampMs));
    }

    private void DropDisplaced()
    {
        if (_displaced.Count > 0)
            log.Displace(_displaced);
        _displaced.Clear();
    }
}

using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// Compares the indexes of a log with its records: every entry that the records ask for is there and says what it should, and there are as many entries as that. Give it every batch of the log.
/// </summary>
internal sealed class RocksDbIndexCheck(RocksDbSharp.RocksDb db, LogId log) : IDisposable
{
    private static readonly byte[] Kinds = [RocksDbKeys.KeyKind, RocksDbKeys.LaneKind, RocksDbKeys.ExpiryKind];

    private readonly OpenedBatch _opened = new();
    private readonly KeyGroups _groups = new();
    private readonly List<int> _deltas = [];
    private byte[] _value = [];
    private long _expected;

    /// <summary>Entries that are missing, or say something else.</summary>
    public long Wrong { get; private set; }

    /// <summary>Entries that no record asks for; once every batch was given.</summary>
    public long CountStrays()
    {
        var found = 0L;
        foreach (var kind in Kinds)
        {
            var prefix = RocksDbKeys.Of(log, kind);
            using var iterator = db.NewIterator();
            for (iterator.Seek(prefix); iterator.Valid() && iterator.GetKeySpan().StartsWith(prefix); iterator.Next())
                found++;
        }
        return found - (_expected - Wrong);
    }

    /// <param name="batch">A whole one.</param>
    public void Take(ReadOnlySpan<byte> batch)
    {
        if (!_opened.TryOpen(batch))
            return;
        var baseOffset = new RecordBatchHeader(batch).BaseOffset.Value;
        _groups.Clear();
        var records = _opened.Read(batch);
        while (records.MoveNext())
        {
            var record = records.Current;
            if (record.HasKey)
                _groups.Add(record.Key, records.CurrentDelta);
            if (StorageHeaders.LaneOf(record) is var lane and > 0)
                Expect(RocksDbKeys.Lane(log, lane, record.Offset.Value), RocksDbKeys.NoValue);
            if (StorageHeaders.ExpiresAtMsOf(record) is var expiresAtMs and > 0)
                Expect(RocksDbKeys.Numbered(log, RocksDbKeys.ExpiryKind, expiresAtMs, record.Offset.Value), RocksDbKeys.NoValue);
        }
        _groups.Sort();
        while (_groups.TryNext(out var key, _deltas, out _))
            Expect(RocksDbKeys.Key(log, key, baseOffset), Deltas());
    }

    public void Dispose() => _opened.Dispose();

    private ReadOnlySpan<byte> Deltas()
    {
        if (_value.Length < _deltas.Count * OffsetDeltas.BytesMax)
            _value = new byte[_deltas.Count * OffsetDeltas.BytesMax];
        return _value.AsSpan(0, OffsetDeltas.Write(_deltas, _value));
    }

    private void Expect(byte[] key, ReadOnlySpan<byte> value)
    {
        _expected++;
        if (db.Get(key) is not { } stored || !value.SequenceEqual(stored))
            Wrong++;
    }
}

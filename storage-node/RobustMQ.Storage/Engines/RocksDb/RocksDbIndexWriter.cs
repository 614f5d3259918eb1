using RobustMQ.Records.Batches;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// Puts and removes the index entries of a log's records: one a key and batch, one for every record with a priority, one for every record that expires. Used by the log's
/// writer only.
/// </summary>
internal sealed class RocksDbIndexWriter(LogId log)
{
    private readonly KeyGroups _groups = new();
    private readonly List<int> _staying = [];
    private byte[] _key = new byte[256];
    private byte[] _deltas = new byte[256];
    private long _baseOffset;

    /// <summary>Earliest expiry of the records that were added since <see cref="Begin"/>, Unix ms; <see cref="long.MaxValue"/>: none.</summary>
    public long ExpiresAtMs { get; private set; }

    public void Begin(long baseOffset)
    {
        _groups.Clear();
        _baseOffset = baseOffset;
        ExpiresAtMs = long.MaxValue;
    }

    /// <summary>A record that is new.</summary>
    public void Add(in Record record, WriteBatch changes)
    {
        if (record.HasKey)
            _groups.Add(record.Key, (int)(record.Offset.Value - _baseOffset));
        if (record.Headers.Count == 0)
            return;
        if (StorageHeaders.LaneOf(record) is var lane and > 0)
            changes.Put(RocksDbKeys.Lane(log, lane, record.Offset.Value), RocksDbKeys.NoValue);
        if (StorageHeaders.ExpiresAtMsOf(record) is var expiresAtMs and > 0)
        {
            changes.Put(RocksDbKeys.Numbered(log, RocksDbKeys.ExpiryKind, expiresAtMs, record.Offset.Value), RocksDbKeys.NoValue);
            ExpiresAtMs = Math.Min(ExpiresAtMs, expiresAtMs);
        }
    }

    /// <summary>A record that stays in a batch from which others are removed.</summary>
    public void Keep(in Record record)
    {
        if (record.HasKey)
            _groups.Add(record.Key, (int)(record.Offset.Value - _baseOffset));
    }

    public void Remove(in Record record, WriteBatch changes)
    {
        if (record.HasKey)
            _groups.Add(record.Key, (int)(record.Offset.Value - _baseOffset), isGone: true);
        if (record.Headers.Count == 0)
            return;
        if (StorageHeaders.LaneOf(record) is var lane and > 0)
            changes.Delete(RocksDbKeys.Lane(log, lane, record.Offset.Value));
        if (StorageHeaders.ExpiresAtMsOf(record) is var expiresAtMs and > 0)
            changes.Delete(RocksDbKeys.Numbered(log, RocksDbKeys.ExpiryKind, expiresAtMs, record.Offset.Value));
    }

    /// <summary>Writes the entries of keys for the records since <see cref="Begin"/>.</summary>
    /// <param name="isNew">Of a batch that was not there before.</param>
    public void End(WriteBatch changes, bool isNew)
    {
        _groups.Sort();
        while (_groups.TryNext(out var key, _staying, out var hasGone))
        {
            if (!isNew && !hasGone)
                continue;
            var length = RocksDbKeys.KeyBytes(key);
            if (_key.Length < length)
                _key = new byte[length * 2];
            RocksDbKeys.WriteKey(_key, log, key, _baseOffset);
            if (_staying.Count == 0)
                changes.Delete(_key.AsSpan(0, length));
            else
                changes.Put(_key.AsSpan(0, length), Deltas());
        }
    }

    private ReadOnlySpan<byte> Deltas()
    {
        if (_deltas.Length < _staying.Count * OffsetDeltas.BytesMax)
            _deltas = new byte[_staying.Count * OffsetDeltas.BytesMax];
        return _deltas.AsSpan(0, OffsetDeltas.Write(_staying, _deltas));
    }
}

using System.Diagnostics.CodeAnalysis;

namespace RobustMQ.Records.Batches;

/// <summary>
/// Walks the records of one uncompressed batch (a compressed one goes through <see cref="RecordDecompressor"/> first).
/// <see cref="MoveNext"/> answers false at the end and at the first malformed record; <see cref="IsMalformed"/> tells which. Gaps between offsets are
/// fine (a compacted or sliced batch has them); offsets that do not ascend, or lie behind the batch's last one, are malformed.
/// </summary>
public ref struct RecordReader
{
    private readonly ReadOnlySpan<byte> _records;
    private readonly Offset _baseOffset;
    private readonly long _baseTimestampMs;
    private readonly long _logAppendTimeMs;
    private readonly int _lastOffsetDelta;
    private Record _current;
    private int _left;
    private int _position;

    /// <summary>Reads a batch whose records are not compressed.</summary>
    public RecordReader(ReadOnlySpan<byte> batch)
        : this(batch, batch[RecordBatchHeader.Size..])
    {
    }

    /// <summary>Reads records that were decompressed apart from their header.</summary>
    public RecordReader(ReadOnlySpan<byte> batchHeader, ReadOnlySpan<byte> records)
    {
        var header = new RecordBatchHeader(batchHeader);
        _records = records;
        _baseOffset = header.BaseOffset;
        _baseTimestampMs = header.BaseTimestampMs;
        _logAppendTimeMs = (header.Attributes & RecordBatchHeader.LogAppendTimeFlag) != 0 ? header.MaxTimestampMs : -1;
        _left = header.RecordCount;
        _lastOffsetDelta = header.LastOffsetDelta;
        CurrentDelta = -1;
    }

    /// <summary>The record that <see cref="MoveNext"/> read, until it reads the next one.</summary>
    [UnscopedRef]
    public readonly ref readonly Record Current => ref _current;

    public bool IsMalformed { get; private set; }

    /// <summary>The current record's offset minus the batch's base offset.</summary>
    public int CurrentDelta { get; private set; }

    /// <summary>The current record as encoded, its length prefix included.</summary>
    public ReadOnlySpan<byte> CurrentEncoded { get; private set; }

    public bool MoveNext()
    {
        if (_left <= 0)
        {
            IsMalformed |= _left < 0 || _position != _records.Length;
            return false;
        }
        if (TryReadRecord())
        {
            _left--;
            return true;
        }
        IsMalformed = true;
        _left = 0;
        _position = _records.Length;
        return false;
    }

    private bool TryReadRecord()
    {
        var start = _position;
        if (!Varint.TryRead(_records, ref _position, out int length) || length < 1 || length > _records.Length - _position)
            return false;
        var end = _position + length;
        var body = _records[..end];
        var at = _position;
        var attributes = (RecordAttributes)body[at++];
        if (!Varint.TryRead(body, ref at, out long timestampDelta)
            || !Varint.TryRead(body, ref at, out int offsetDelta)
            || offsetDelta <= CurrentDelta || offsetDelta > _lastOffsetDelta
            || !TryReadBytes(body, ref at, out var key, out var hasKey)
            || !TryReadBytes(body, ref at, out var value, out var hasValue)
            || !Varint.TryRead(body, ref at, out int headerCount)
            || headerCount < 0 || headerCount > (end - at) / 2 || (headerCount == 0 && at != end))
            return false;

        _current = new Record
        {
            Offset = _baseOffset + offsetDelta,
            TimestampMs = _logAppendTimeMs >= 0 ? _logAppendTimeMs : _baseTimestampMs + timestampDelta,
            Attributes = attributes,
            HasKey = hasKey,
            Key = key,
            HasValue = hasValue,
            Value = value,
            Headers = new RecordHeaders(body[at..], headerCount),
        };
        CurrentDelta = offsetDelta;
        CurrentEncoded = body[start..];
        _position = end;
        return true;
    }

    private static bool TryReadBytes(ReadOnlySpan<byte> body, scoped ref int at, out ReadOnlySpan<byte> bytes, out bool present)
    {
        bytes = default;
        present = false;
        if (!Varint.TryRead(body, ref at, out int length) || length < -1 || length > body.Length - at)
            return false;
        if (length < 0)
            return true;
        present = true;
        bytes = body.Slice(at, length);
        at += length;
        return true;
    }
}

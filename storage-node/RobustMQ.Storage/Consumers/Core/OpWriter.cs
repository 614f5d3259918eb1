using System.Buffers;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>Writes ops one behind the other: a byte for the kind, then zigzag varints; an offset as the difference to the one before.</summary>
internal sealed class OpWriter
{
    private PooledBytes? _bytes;
    private long _lastOffset;

    public bool IsEmpty => _bytes is null || _bytes.Length == 0;

    public int Length => _bytes?.Length ?? 0;

    public void Write(OpKind kind, int log, long offset)
    {
        Begin(kind);
        Add(log);
        AddOffset(offset);
    }

    public void Write(OpKind kind, int log, byte priority, long offset)
    {
        Begin(kind);
        Add(log);
        Add(priority);
        AddOffset(offset);
    }

    public void Write(OpKind kind, int log, long offset, long value)
    {
        Begin(kind);
        Add(log);
        AddOffset(offset);
        Add(value);
    }

    public void WriteSized(OpKind kind, int log, byte priority, long offset, int bytes)
    {
        Write(kind, log, priority, offset);
        Add(bytes);
    }

    public void WriteTotals(in ConsumerTotals totals, long lastSequence)
    {
        Begin(OpKind.Totals);
        Add(totals.Delivered);
        Add(totals.Redelivered);
        Add(totals.Acknowledged);
        Add(totals.Dead);
        Add(lastSequence);
    }

    /// <summary>Moves what was written to another buffer; the next op begins anew.</summary>
    public void MoveTo(IBufferWriter<byte> target)
    {
        if (_bytes is not null)
            target.Write(_bytes.Span);
        Clear();
    }

    public void Clear()
    {
        _bytes?.Dispose();
        _bytes = null;
        _lastOffset = 0;
    }

    private void Begin(OpKind kind)
    {
        _bytes ??= new PooledBytes();
        _bytes.GetSpan(1)[0] = (byte)kind;
        _bytes.Advance(1);
    }

    private void AddOffset(long offset)
    {
        Add(offset - _lastOffset);
        _lastOffset = offset;
    }

    private void Add(long value) => _bytes!.Advance(Varint.Write(_bytes.GetSpan(Varint.Int64BytesMax), value));
}

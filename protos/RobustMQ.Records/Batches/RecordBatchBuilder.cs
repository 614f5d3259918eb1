using System.Buffers;
using static System.Buffers.Binary.BinaryPrimitives;

namespace RobustMQ.Records.Batches;

/// <summary>
/// Encodes records into one uncompressed batch in a pooled buffer that is kept across <see cref="Reset"/>. Not thread-safe.
/// It grows as far as memory goes (an <see cref="OverflowException"/> at 2 GiB, with the batch left as it was): its owner watches <see cref="SizeBytes"/>.
/// Record: <c>length varint | attributes i8 | timestampDelta varlong | offsetDelta varint | keyLength varint | key | valueLength varint | value | headerCount varint | headers</c>.
/// </summary>
public sealed class RecordBatchBuilder : IDisposable
{
    private const int InitialBytes = 4096;

    /// <summary>A larger buffer goes back to the pool at <see cref="Reset"/>: one huge batch must not cost its owner memory for ever.</summary>
    private const int KeptBytesMax = 4 << 20;

    private byte[] _buffer = [];
    private int _length = RecordBatchHeader.Size;
    private long _baseTimestampMs;
    private long _maxTimestampMs;

    public int RecordCount { get; private set; }

    public bool IsEmpty => RecordCount == 0;

    /// <summary>Bytes of the batch as it stands, header included.</summary>
    public int SizeBytes => _length;

    /// <summary>Adds a record without headers. A key is written even when it is empty; a value likewise.</summary>
    public void Append(long timestampMs, RecordAttributes attributes, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        Append(timestampMs, attributes, key, value, default, 0);

    public void Append(long timestampMs, RecordAttributes attributes, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, RecordHeadersBuilder? headers) =>
        Append(timestampMs, attributes, key, value, headers is null ? default : headers.Encoded, headers?.Count ?? 0);

    public void Append(
        long timestampMs, RecordAttributes attributes, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ReadOnlySpan<byte> headers, int headerCount)
    {
        var target = BeginRecord(timestampMs, attributes, key.Length, key, value.Length, headers.Length, headerCount, out var at);
        value.CopyTo(target[at..]);
        EndRecord(target, at + value.Length, headers, headerCount);
    }

    /// <summary>Adds a record whose value lies in several segments.</summary>
    public void Append(
        long timestampMs, RecordAttributes attributes, ReadOnlySpan<byte> key, in ReadOnlySequence<byte> value, ReadOnlySpan<byte> headers, int headerCount)
    {
        var valueBytes = checked((int)value.Length);
        var target = BeginRecord(timestampMs, attributes, key.Length, key, valueBytes, headers.Length, headerCount, out var at);
        value.CopyTo(target[at..]);
        EndRecord(target, at + valueBytes, headers, headerCount);
    }

    /// <summary>Adds a record whose key or value is null (Kafka: no key, tombstone).</summary>
    public void AppendNullable(
        long timestampMs, RecordAttributes attributes, byte[]? key, byte[]? value, RecordHeadersBuilder? headers = null)
    {
        var encoded = headers is null ? default : headers.Encoded;
        var count = headers?.Count ?? 0;
        var target = BeginRecord(timestampMs, attributes, key?.Length ?? -1, key, value?.Length ?? -1, encoded.Length, count, out var at);
        value?.CopyTo(target[at..]);
        EndRecord(target, at + (value?.Length ?? 0), encoded, count);
    }

    /// <summary>Adds a record without a key.</summary>
    public void AppendKeyless(long timestampMs, ReadOnlySpan<byte> value, ReadOnlySpan<byte> headers, int headerCount)
    {
        var target = BeginRecord(timestampMs, RecordAttributes.None, -1, default, value.Length, headers.Length, headerCount, out var at);
        value.CopyTo(target[at..]);
        EndRecord(target, at + value.Length, headers, headerCount);
    }

    /// <summary>
    /// Writes the header and returns the batch, whose base offset is 0 and leader epoch -1 until a log stamps them.
    /// The bytes belong to the builder and are valid until the next <see cref="Append(long, RecordAttributes, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/> or <see cref="Reset"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">No record was added.</exception>
    public Memory<byte> Build(ProducerState producer)
    {
        if (IsEmpty)
            throw new InvalidOperationException("A batch has at least one record.");
        var batch = _buffer.AsSpan(0, _length);
        WriteInt64BigEndian(batch, 0);
        WriteInt32BigEndian(batch[RecordBatchHeader.LengthAt..], _length - RecordBatchHeader.LengthPrefixSize);
        WriteInt32BigEndian(batch[RecordBatchHeader.LeaderEpochAt..], -1);
        batch[RecordBatchHeader.MagicAt] = RecordBatchHeader.CurrentMagic;
        WriteInt16BigEndian(batch[RecordBatchHeader.AttributesAt..], 0);
        WriteInt32BigEndian(batch[RecordBatchHeader.LastOffsetDeltaAt..], RecordCount - 1);
        WriteInt64BigEndian(batch[RecordBatchHeader.BaseTimestampAt..], _baseTimestampMs);
        WriteInt64BigEndian(batch[RecordBatchHeader.MaxTimestampAt..], _maxTimestampMs);
        WriteInt64BigEndian(batch[RecordBatchHeader.ProducerIdAt..], producer.ProducerId);
        WriteInt16BigEndian(batch[RecordBatchHeader.ProducerEpochAt..], producer.Epoch);
        WriteInt32BigEndian(batch[RecordBatchHeader.BaseSequenceAt..], producer.BaseSequence);
        WriteInt32BigEndian(batch[RecordBatchHeader.RecordCountAt..], RecordCount);
        RecordBatchHeader.Seal(batch);
        return _buffer.AsMemory(0, _length);
    }

    public Memory<byte> Build() => Build(ProducerState.None);

    /// <summary>Forgets the records and keeps the buffer, unless it has grown huge.</summary>
    public void Reset()
    {
        RecordCount = 0;
        _length = RecordBatchHeader.Size;
        if (_buffer.Length > KeptBytesMax)
            ReturnBuffer();
    }

    /// <summary>Returns the buffer to the pool; the builder can be used again.</summary>
    public void Dispose()
    {
        Reset();
        ReturnBuffer();
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private Span<byte> BeginRecord(
        long timestampMs, RecordAttributes attributes, int keyLength, ReadOnlySpan<byte> key, int valueLength, int headerBytes, int headerCount, out int at)
    {
        var timestampDelta = RecordCount == 0 ? 0 : timestampMs - _baseTimestampMs;
        var body = checked(1 + Varint.Size(timestampDelta) + Varint.Size(RecordCount)
            + Varint.Size(keyLength) + key.Length
            + Varint.Size(valueLength) + Math.Max(valueLength, 0)
            + Varint.Size(headerCount) + headerBytes);
        var target = Reserve(checked(body + Varint.Int32BytesMax));

        if (RecordCount == 0)
            _baseTimestampMs = _maxTimestampMs = timestampMs;
        else if (timestampMs > _maxTimestampMs)
            _maxTimestampMs = timestampMs;
        at = Varint.Write(target, body);
        target[at++] = (byte)attributes;
        at += Varint.Write(target[at..], timestampDelta);
        at += Varint.Write(target[at..], RecordCount);
        at += Varint.Write(target[at..], keyLength);
        key.CopyTo(target[at..]);
        at += key.Length;
        at += Varint.Write(target[at..], valueLength);
        return target;
    }

    private void EndRecord(Span<byte> target, int at, ReadOnlySpan<byte> headers, int headerCount)
    {
        at += Varint.Write(target[at..], headerCount);
        headers.CopyTo(target[at..]);
        _length += at + headers.Length;
        RecordCount++;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
            Grow(bytes);
        return _buffer.AsSpan(_length);
    }

    private void Grow(int bytes)
    {
        var doubled = (int)Math.Min(Math.Max(_buffer.Length * 2L, InitialBytes), Array.MaxLength);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(doubled, checked(_length + bytes)));
        _buffer.AsSpan(0, Math.Min(_length, _buffer.Length)).CopyTo(larger);
        ReturnBuffer();
        _buffer = larger;
    }
}

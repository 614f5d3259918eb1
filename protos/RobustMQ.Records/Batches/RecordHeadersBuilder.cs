using System.Runtime.CompilerServices;

namespace RobustMQ.Records.Batches;

/// <summary>
/// Encodes one record's headers into a reusable buffer: <c>nameLength varint | name | valueLength varint | value</c> each, a null value as length -1.
/// Order and repeats are kept. Not thread-safe.
/// </summary>
public sealed class RecordHeadersBuilder
{
    /// <summary>A larger buffer is not kept: one record with huge headers must not cost its connection memory for ever.</summary>
    private const int KeptBytesMax = 64 << 10;

    private byte[] _buffer = [];
    private int _length;

    public int Count { get; private set; }

    /// <summary>The encoded headers without their count. Valid until the next change.</summary>
    public ReadOnlySpan<byte> Encoded => _buffer.AsSpan(0, _length);

    /// <summary>Forgets the headers.</summary>
    public void Clear()
    {
        _length = 0;
        Count = 0;
        if (_buffer.Length > KeptBytesMax)
            _buffer = [];
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var target = Reserve(checked(name.Length + value.Length + 2 * Varint.Int32BytesMax));
        var at = Varint.Write(target, name.Length);
        name.CopyTo(target[at..]);
        at += name.Length;
        at += Varint.Write(target[at..], value.Length);
        value.CopyTo(target[at..]);
        _length += at + value.Length;
        Count++;
    }

    public void AddNull(ReadOnlySpan<byte> name)
    {
        var target = Reserve(checked(name.Length + 2 * Varint.Int32BytesMax));
        var at = Varint.Write(target, name.Length);
        name.CopyTo(target[at..]);
        at += name.Length;
        _length += at + Varint.Write(target[at..], -1);
        Count++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
            Grow(checked(_length + bytes));
        return _buffer.AsSpan(_length);
    }

    private void Grow(int needed) => Array.Resize(ref _buffer, (int)Math.Min(Math.Max(_buffer.Length * 2L, needed + 128L), Array.MaxLength));
}

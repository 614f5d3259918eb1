using System.Buffers;

namespace RobustMQ.Storage.Batches;

/// <summary>A growing buffer from the array pool: written as an <see cref="IBufferWriter{T}"/>, handed out as an <see cref="IMemoryOwner{T}"/>. Disposing returns it.</summary>
internal sealed class PooledBytes : IBufferWriter<byte>, IMemoryOwner<byte>
{
    private const int FirstBytes = 4096;

    private byte[] _buffer = [];

    public int Length { get; private set; }

    public Memory<byte> Memory => _buffer.AsMemory(0, Length);

    public Span<byte> Span => _buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Forgets everything behind a position.</summary>
    public void Cut(int length) => Length = length;

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(Length);
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        Length = 0;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Reserve(int sizeHint)
    {
        var needed = checked(Length + Math.Max(sizeHint, 1));
        if (needed <= _buffer.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(needed, FirstBytes), (int)Math.Min(_buffer.Length * 2L, Array.MaxLength)));
        Span.CopyTo(larger);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

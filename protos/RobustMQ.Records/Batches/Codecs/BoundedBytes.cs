using System.Buffers;

namespace RobustMQ.Records.Batches.Codecs;

/// <summary>
/// A contiguous pooled buffer that grows up to a bound and no further. A mutable struct with one owner: pass it by reference, and either
/// <see cref="Detach"/> or <see cref="Dispose"/> it.
/// </summary>
internal struct BoundedBytes(int bytesMax) : IDisposable
{
    private const int FirstBytes = 4096;

    private byte[] _buffer = [];

    public int Length { get; private set; }

    /// <summary>Bytes that may still be written.</summary>
    public readonly int Left => bytesMax - Length;

    /// <summary>What is written so far.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    /// <summary>Room behind what is written, never past the bound: at least what the last <see cref="TryReserve"/> asked for.</summary>
    public readonly Span<byte> Free => _buffer.AsSpan(Length, Math.Min(_buffer.Length - Length, Left));

    /// <summary>Makes room for <paramref name="bytes"/>; false where that would pass the bound.</summary>
    public bool TryReserve(int bytes)
    {
        if (bytes > Left)
            return false;
        if (_buffer.Length - Length < bytes)
            Grow(Length + bytes);
        return true;
    }

    /// <summary>Makes room for at least one byte, more where the bound allows; false where it is reached.</summary>
    public bool TryReserveSome()
    {
        if (Left == 0)
            return false;
        if (_buffer.Length == Length)
            Grow(Length + 1);
        return true;
    }

    public void Advance(int bytes) => Length += bytes;

    public bool TryWrite(scoped ReadOnlySpan<byte> bytes)
    {
        if (!TryReserve(bytes.Length))
            return false;
        bytes.CopyTo(Free);
        Advance(bytes.Length);
        return true;
    }

    /// <summary>Hands the buffer over; this one is then empty.</summary>
    public OpenedRecords Detach()
    {
        var opened = _buffer.Length == 0 ? OpenedRecords.View(default) : OpenedRecords.Lease(_buffer, Length);
        _buffer = [];
        Length = 0;
        return opened;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        Length = 0;
    }

    private void Grow(int needed)
    {
        var doubled = (int)Math.Min(Math.Max(_buffer.Length * 2L, FirstBytes), bytesMax);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, doubled));
        Written.CopyTo(larger);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

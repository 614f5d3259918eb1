using System.Buffers;

namespace RobustMQ.GatewayKit.Connections;

/// <summary>
/// A frame or packet that arrives in pieces, gathered in pooled memory that grows with what has come: a large announced length costs nothing by itself. For one reader.
/// </summary>
/// <param name="firstBytes">Memory taken for a frame before more of it has come; more copies less of frames that are longer.</param>
public sealed class SplitFrame(int firstBytes = 4096) : IDisposable
{
    private byte[] _bytes = [];
    private int _length;
    private int _filled;

    public bool IsActive => _length > 0;

    public bool IsWhole => BytesMissing == 0;

    public int BytesMissing => _length - _filled;

    /// <summary>What of the frame is there.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _filled);

    /// <param name="length">Bytes of the whole frame; at least one.</param>
    public void Begin(int length)
    {
        _length = length;
        _filled = 0;
        _bytes = ArrayPool<byte>.Shared.Rent(Math.Min(length, firstBytes));
    }

    /// <summary>Takes what is still missing. Returns the bytes taken.</summary>
    public int Fill(in ReadOnlySequence<byte> source)
    {
        var taken = (int)Math.Min(source.Length, _length - _filled);
        if (_bytes.Length < _filled + taken)
            Grow(_filled + taken);
        source.Slice(0, taken).CopyTo(_bytes.AsSpan(_filled));
        _filled += taken;
        return taken;
    }

    /// <summary>Forgets the frame and gives its memory back.</summary>
    public void Clear()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = 0;
        _filled = 0;
    }

    public void Dispose() => Clear();

    private void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(_length, Math.Max(needed, _bytes.Length * 2)));
        Bytes.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}

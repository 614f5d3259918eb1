using System.Buffers;

namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>A command that arrives in pieces, gathered in pooled memory of exactly its announced size (control line and payload limits bound it).</summary>
internal sealed class SplitCommand : IDisposable
{
    private byte[] _bytes = [];
    private int _length;
    private int _filled;

    public bool IsActive => _length > 0;

    public int BytesMissing => _length - _filled;

    /// <summary>What of the command is there.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _filled);

    public void Begin(int length)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(length);
        _length = length;
        _filled = 0;
    }

    /// <summary>Takes what is still missing. Returns the bytes taken.</summary>
    public int Fill(in ReadOnlySequence<byte> source)
    {
        var taken = (int)Math.Min(source.Length, _length - _filled);
        source.Slice(0, taken).CopyTo(_bytes.AsSpan(_filled));
        _filled += taken;
        return taken;
    }

    public void Clear()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = 0;
    }

    public void Dispose() => Clear();
}

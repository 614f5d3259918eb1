using System.Buffers;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Engines.Segment.Walks;

/// <summary>Reads batches of a segment file through a window, so that walking over many small ones is few reads. For one caller; returns its buffer when disposed.</summary>
internal sealed class BatchCursor(IStorageFile file, long end, int windowBytes = BatchCursor.DefaultWindowBytes) : IDisposable
{
    public const int DefaultWindowBytes = 16 << 10;

    private byte[] _window = [];
    private long _windowStart;
    private int _windowLength;

    /// <summary>Reads the header at a position. False at the end, and where there is no batch that lies whole before it.</summary>
    public bool TryRead(int position, out BatchInfo batch)
    {
        batch = default;
        return end - position > RecordBatchHeader.Size
            && Fill(position, RecordBatchHeader.Size)
            && BatchInfo.TryParse(View(position, RecordBatchHeader.Size), position, end, out batch);
    }

    /// <summary>The bytes of a batch, valid until the next call. Empty where the file ends before.</summary>
    public ReadOnlySpan<byte> Bytes(in BatchInfo batch) => Bytes(batch.Position, batch.Length);

    public ReadOnlySpan<byte> Bytes(int position, int length) => Fill(position, length) ? View(position, length) : default;

    public void Dispose()
    {
        if (_window.Length > 0)
            ArrayPool<byte>.Shared.Return(_window);
        _window = [];
    }

    private ReadOnlySpan<byte> View(int position, int length) => _window.AsSpan((int)(position - _windowStart), length);

    private bool Fill(int position, int length)
    {
        if (position >= _windowStart && position + length <= _windowStart + _windowLength)
            return true;
        var wanted = (int)Math.Min(Math.Max(length, windowBytes), end - position);
        if (wanted < length)
            return false;
        if (_window.Length < wanted)
        {
            Dispose();
            _window = ArrayPool<byte>.Shared.Rent(wanted);
        }
        _windowStart = position;
        _windowLength = file.Read(position, _window.AsSpan(0, wanted));
        return _windowLength >= length;
    }
}

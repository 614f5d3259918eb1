using System.Buffers;

namespace RobustMQ.Storage.Engines.Segment;

/// <summary>How far one read has come.</summary>
internal sealed class SegmentPass(LogRead read, IBufferWriter<byte> destination)
{
    private int _records;

    public IBufferWriter<byte> Destination { get; } = destination;

    /// <summary>Offset to read on from.</summary>
    public long Next { get; set; } = read.From.Value;

    /// <summary>Base offset that the next batch must have.</summary>
    public long Expected { get; set; }

    /// <summary>Where in its file the next batch begins.</summary>
    public int Position { get; set; }

    public int Bytes { get; private set; }

    public int BytesLeft => Math.Max(0, read.MaxBytes - Bytes);

    public bool MayTake(in BatchInfo batch, int bytes) =>
        (read.Until.Value < 0 || batch.BaseOffset < read.Until.Value) && (Bytes == 0 || Bytes + bytes <= read.MaxBytes);

    /// <returns>Whether the read may take more.</returns>
    public bool Count(in BatchInfo batch, int bytes, int records)
    {
        Next = Expected = batch.LastOffset + 1;
        Position = batch.End;
        Bytes += bytes;
        _records += records;
        return read.MaxRecords == 0 || _records < read.MaxRecords;
    }
}

using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Reads;

/// <summary>How far one read has come.</summary>
internal sealed class SegmentPass(LogRead read, IBufferWriter<byte> destination)
{
    private int _records;
    private bool _isPlain = true;

    public IBufferWriter<byte> Destination { get; } = destination;

    /// <summary>Offset to read on from.</summary>
    public long Next { get; set; } = read.From.Value;

    /// <summary>Base offset that the next batch must have.</summary>
    public long Expected { get; set; }

    /// <summary>Where in its file the next batch begins.</summary>
    public int Position { get; set; }

    public int Bytes { get; private set; }

    /// <summary>Up to where the segment's records are known to carry no expiry.</summary>
    public int PlainTo { get; private set; }

    /// <summary>What it has come to.</summary>
    public LogReadResult Result => new(ErrorCode.None, new Offset(Next), Bytes) { IsPlain = _isPlain };

    public int BytesLeft => Math.Max(0, read.MaxBytes - Bytes);

    /// <summary>Comes to a segment, at the first batch that is read of it.</summary>
    public void Begin(in SegmentPiece piece, int position)
    {
        Position = position;
        PlainTo = piece.PlainTo;
    }

    /// <summary>Whether the records of a batch carry an expiry, unless that is known. The bytes were just read: it is cheap here.</summary>
    public void Look(in BatchInfo batch, ReadOnlySpan<byte> bytes)
    {
        if (batch.End <= PlainTo)
            return;
        var isPlain = bytes.IndexOf(RecordHeaderNames.ExpiresAt) < 0;
        _isPlain &= isPlain;
        if (isPlain && batch.Position <= PlainTo)
            PlainTo = batch.End;
    }

    /// <summary>Records were left out: what the rest carries was not looked at.</summary>
    public void Skip() => _isPlain = false;

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

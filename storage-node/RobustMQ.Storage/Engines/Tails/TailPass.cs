using System.Buffers;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Engines.Tails;

/// <summary>One read on its way through the chunks of a tail.</summary>
internal ref struct TailPass(in LogRead read, IBufferWriter<byte> destination)
{
    private readonly LogRead _read = read;
    private readonly IBufferWriter<byte> _destination = destination;
    private int _records;

    /// <summary>Offset to go on at.</summary>
    public long Next { get; private set; } = read.From.Value;

    /// <summary>Bytes taken so far.</summary>
    public int Bytes { get; private set; }

    /// <summary>A batch was found, taken or not.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>What was asked for is there.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Takes whole batches that follow each other, in one copy.</summary>
    public void Take(ReadOnlySpan<byte> batches)
    {
        HasBegun = true;
        var taken = 0;
        while (!IsOver && taken < batches.Length)
        {
            var header = new RecordBatchHeader(batches[taken..]);
            var length = (int)header.TotalBytes;
            if ((_read.Until != Records.Offset.None && header.BaseOffset >= _read.Until) || (Bytes + taken > 0 && Bytes + taken + length > _read.MaxBytes))
            {
                IsOver = true;
                break;
            }
            taken += length;
            _records += header.RecordCount;
            Next = header.LastOffset.Value + 1;
            IsOver = (_read.MaxRecords > 0 && _records >= _read.MaxRecords) || Bytes + taken >= _read.MaxBytes;
        }
        _destination.Write(batches[..taken]);
        Bytes += taken;
    }
}

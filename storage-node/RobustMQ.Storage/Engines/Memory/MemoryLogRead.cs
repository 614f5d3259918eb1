using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Engines.Memory;

/// <summary>
/// One read under the log's lock: pins runs of batches that can be copied without it. Slabs with removed records are filtered at once; since the order of the bytes must
/// hold, such a slab is read alone.
/// </summary>
internal ref struct MemoryLogRead(SlabRing ring, Dictionary<long, int> dead, Offset end, LogRead read, OpenedBatch opened)
{
    private Offset _next = read.From;
    private int _bytes;
    private int _records;

    public LogReadResult Collect(List<(Slab Slab, int Position, int Length)> pieces, IBufferWriter<byte> destination)
    {
        if (ring.Count == 0 || !ring.TryFind(read.From, out var slab, out var batch))
            return new LogReadResult(ErrorCode.None, end, 0);
        do
        {
            if (ring[slab].DeadCount > 0 && pieces.Count > 0)
                return Done();
            var goesOn = ring[slab].DeadCount > 0 ? TakeAlive(ring[slab], batch, destination) : TakeRun(ring[slab], batch, pieces);
            if (!goesOn)
                return Done();
            slab++;
            batch = 0;
        }
        while (slab < ring.Count);
        _next = end;
        return Done();
    }

    /// <summary>Writes what is left of a batch.</summary>
    public static int WriteAlive(ReadOnlySpan<byte> batch, Dictionary<long, int> dead, OpenedBatch opened, PooledBytes destination)
    {
        if (!opened.TryOpen(batch))
            return 0;
        var alive = new List<int>();
        var count = 0;
        var reader = opened.Read(batch);
        for (; reader.MoveNext(); count++)
        {
            if (!dead.ContainsKey(reader.Current.Offset.Value))
                alive.Add(count);
        }
        if (alive.Count == count)
            destination.Write(batch);
        else if (alive.Count > 0)
            BatchSelection.Write(opened, batch, alive, destination);
        return alive.Count;
    }

    private readonly LogReadResult Done() => new(ErrorCode.None, _next, _bytes);

    /// <returns>Whether the read may go on with the next slab.</returns>
    private bool TakeRun(Slab slab, int batch, List<(Slab Slab, int Position, int Length)> pieces)
    {
        var first = batch;
        var goesOn = true;
        var length = 0;
        for (; goesOn && batch < slab.Count; batch++)
        {
            var header = slab.HeaderOf(batch);
            if (!MayTake(header, (int)header.TotalBytes))
            {
                goesOn = false;
                break;
            }
            length += (int)header.TotalBytes;
            goesOn = Count(header, (int)header.TotalBytes, header.RecordCount);
        }
        if (length > 0)
        {
            slab.Pin();
            pieces.Add((slab, slab.PositionOf(first), length));
        }
        return goesOn;
    }

    private bool TakeAlive(Slab slab, int batch, IBufferWriter<byte> destination)
    {
        using var kept = new PooledBytes();
        for (; batch < slab.Count; batch++)
        {
            var header = slab.HeaderOf(batch);
            if (!MayTake(header, (int)header.TotalBytes))
                return false;
            kept.Clear();
            var records = WriteAlive(slab.BatchOf(batch), dead, opened, kept);
            destination.Write(kept.Span);
            if (!Count(header, kept.Length, records))
                return false;
        }
        return true;
    }

    private readonly bool MayTake(RecordBatchHeader header, int bytes) =>
        (read.Until == Offset.None || header.BaseOffset < read.Until) && (_bytes == 0 || _bytes + bytes <= read.MaxBytes);

    private bool Count(RecordBatchHeader header, int bytes, int records)
    {
        _next = header.LastOffset + 1;
        _bytes += bytes;
        _records += records;
        return read.MaxRecords == 0 || _records < read.MaxRecords;
    }
}

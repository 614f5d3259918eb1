using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Logs.Reads;

/// <summary>Whole batches as they are stored, in offset order. Only where a batch may hold expired records is it looked into.</summary>
internal sealed class PlainCursor(ILog log, Offset from) : IReadCursor
{
    private SelectedRecords? _selected;

    public Offset Next { get; private set; } = from;

    public IReadOnlyList<LanePosition> Lanes => [];

    public bool IsAtEnd => Next >= log.EndOffset;

    public async ValueTask<ErrorCode> ReadAsync(PooledBytes bytes, int bytesMax, int recordsMax, long nowMs)
    {
        var before = bytes.Length;
        var read = await log.ReadAsync(new LogRead { From = Next, MaxBytes = bytesMax - before, MaxRecords = recordsMax }, bytes).ConfigureAwait(false);
        if (read.Error != ErrorCode.None)
            return read.Error;
        Next = read.Next;
        if (!read.IsPlain && bytes.Span[before..].IndexOf(RecordHeaderNames.ExpiresAt) >= 0)
            DropExpired(bytes, before, nowMs);
        return ErrorCode.None;
    }

    public void Dispose() => _selected?.Dispose();

    private void DropExpired(PooledBytes bytes, int from, long nowMs)
    {
        _selected ??= new SelectedRecords();
        var alive = new WantedRecords([], []) { NowMs = nowMs };
        using var piece = new PooledBytes();
        piece.Write(bytes.Span[from..]);
        bytes.Cut(from);
        var walker = new BatchWalker(piece.Span);
        while (walker.MoveNext())
        {
            if (StorageHeaders.MayCarry(walker.Current, RecordHeaderNames.ExpiresAt))
                _selected.Write(walker.Current, alive, bytes);
            else
                bytes.Write(walker.Current);
        }
    }
}

using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Logs.Reads;

/// <summary>The wanted records in offset order: by the log's indexes where they help, otherwise by walking over it.</summary>
internal sealed class SelectCursor(ILog log, WantedRecords wanted, Offset from) : IReadCursor
{
    /// <summary>Offsets that are looked up at once.</summary>
    private const int FindMax = 256;

    private readonly LogScan _scan = new(log);
    private readonly OffsetFetch _fetch = new(log);
    private readonly RecordIndex _index = new(log, wanted);
    private readonly List<long> _found = [];

    public Offset Next { get; private set; } = from;

    public IReadOnlyList<LanePosition> Lanes => [];

    public bool IsAtEnd => Next >= log.EndOffset;

    public ValueTask<ErrorCode> ReadAsync(PooledBytes bytes, int bytesMax, int recordsMax, long nowMs)
    {
        wanted.From = Next;
        wanted.NowMs = nowMs;
        var end = log.EndOffset;
        var countMax = recordsMax > 0 ? Math.Min(recordsMax, FindMax) : FindMax;
        _found.Clear();
        return Next >= log.StartOffset && Next <= end && _index.TryFind(Next, end, countMax, _found)
            ? FetchAsync(bytes, bytesMax, _found.Count < countMax ? end : Offset.None)
            : WalkAsync(bytes, bytesMax, recordsMax);
    }

    public void Dispose()
    {
        _scan.Dispose();
        _fetch.Dispose();
    }

    /// <param name="end">Where to read on when everything that was found is there; none: behind the last.</param>
    private async ValueTask<ErrorCode> FetchAsync(PooledBytes bytes, int bytesMax, Offset end)
    {
        var (error, done) = await _fetch.WriteAsync(_found, wanted, bytesMax, bytes).ConfigureAwait(false);
        if (done == _found.Count && end != Offset.None)
            Next = end;
        else if (done > 0)
            Next = new Offset(_found[done - 1] + 1);
        return error;
    }

    private async ValueTask<ErrorCode> WalkAsync(PooledBytes bytes, int bytesMax, int recordsMax)
    {
        var read = await _scan.SelectAsync(Next, wanted, bytesMax, recordsMax, bytes).ConfigureAwait(false);
        if (read.Error == ErrorCode.None)
            Next = read.Next;
        return read.Error;
    }
}

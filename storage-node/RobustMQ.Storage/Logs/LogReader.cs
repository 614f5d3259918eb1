using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs.Reads;

namespace RobustMQ.Storage.Logs;

/// <summary>Answers one read request: finds where it begins, takes what it may, waits for more where that is asked for.</summary>
internal sealed class LogReader(LogPartition partition, ReadRequest request, StorageOptions options, TimeProvider time)
{
    /// <summary>A read that does not wait and has looked this long without finding anything answers with where it has come to.</summary>
    private static readonly TimeSpan LookingMax = TimeSpan.FromSeconds(1);

    /// <summary>How often a record is looked for that has just been removed whenever it was to be read.</summary>
    private const int LookingTriesMax = 100;

    private readonly ILog _log = partition.Settled;
    private readonly int _bytesMax = request.MaxBytes <= 0 ? ReadRequest.DefaultMaxBytes : Math.Min(request.MaxBytes, options.ReadBytesMax);
    private int _records;

    public async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        if (request.MaxRecords < 0 || request.MinBytes < 0 || request.MaxWait < TimeSpan.Zero || !CanBeReadByLane())
            return ReadResult.Failed(ErrorCode.InvalidArgument);
        var bytes = new PooledBytes();
        try
        {
            if (request.Start == ReadStart.LastPerKey)
                return await ReadLastPerKeyAsync(bytes).ConfigureAwait(false) is { } read && read.Error == ErrorCode.None
                    ? Answer(bytes, read.Next, [])
                    : Refusal(bytes, read.Error);
            var mayAskIndex = true;
            for (var tries = 1; ; tries++)
            {
                // Of what is replaced from here on the newest lies behind this end.
                var end = _log.EndOffset;
                var start = await FindStartAsync(end, mayAskIndex).ConfigureAwait(false);
                using var cursor = Cursor(start);
                var error = await FillAsync(cursor, bytes, cancellationToken).ConfigureAwait(false);
                if (bytes.Length == 0 && IsMissed(error, start < end && mayAskIndex) && tries < LookingTriesMax)
                {
                    mayAskIndex &= error != ErrorCode.None;
                    continue;
                }
                return error == ErrorCode.None ? Answer(bytes, cursor.Next, cursor.Lanes) : Refusal(bytes, error);
            }
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether a record that was looked for could not be read: everything up to it has been removed meanwhile; or it is the newest of its key and not wanted, so that an earlier one is the last.
    /// </summary>
    /// <param name="isOfIndex">It was found in the index, which does not know what is wanted.</param>
    private bool IsMissed(ErrorCode error, bool isOfIndex) =>
        error == ErrorCode.OffsetOutOfRange
            ? request.Start != ReadStart.Offset
            : error == ErrorCode.None && isOfIndex && request.Start == ReadStart.Last && request.Filters.Count > 0;

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private bool CanBeReadByLane() => !request.ByPriority || (request.Lane is null && request.Start is not (ReadStart.Last or ReadStart.LastPerKey));

    private IReadCursor Cursor(Offset from) =>
        request.ByPriority ? new PriorityCursor(_log, Wanted(Offset.Zero), from, request.LanePositions)
        : request.Filters.Count > 0 || request.Lane is not null ? new SelectCursor(_log, Wanted(from), from)
        : new PlainCursor(_log, from);

    private async ValueTask<ErrorCode> FillAsync(IReadCursor cursor, PooledBytes bytes, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var wait = request.MaxWait < options.ReadWaitMax ? request.MaxWait : options.ReadWaitMax;
        while (true)
        {
            if (partition.IsClosed)
                return ErrorCode.NotFound;
            cancellationToken.ThrowIfCancellationRequested();
            var growth = wait > TimeSpan.Zero ? partition.WaitForGrowthAsync() : Task.CompletedTask;
            var before = bytes.Length;
            var recordsLeft = request.MaxRecords == 0 ? 0 : request.MaxRecords - _records;
            var error = await cursor.ReadAsync(bytes, _bytesMax, recordsLeft, NowMs).ConfigureAwait(false);
            if (error != ErrorCode.None)
                return error;
            if (request.MaxRecords > 0)
                _records += CountRecords(bytes.Span[before..]);
            if (IsEnough(bytes, cursor.IsAtEnd))
                return ErrorCode.None;
            var elapsed = time.GetElapsedTime(started);
            if (elapsed >= wait && (cursor.IsAtEnd || elapsed > LookingMax))
                return ErrorCode.None;
            if (cursor.IsAtEnd)
                await WaitAsync(growth, wait - elapsed, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool IsEnough(PooledBytes bytes, bool isAtEnd) =>
        bytes.Length >= Math.Min(Math.Max(request.MinBytes, 1), _bytesMax)
        || (request.MaxRecords > 0 && _records >= request.MaxRecords)
        || (bytes.Length > 0 && !isAtEnd);

    /// <param name="end">Where the log ended before anything was looked for.</param>
    /// <param name="mayAskIndex">False: the newest record of a key is not wanted, as one that has expired, so that the log is walked over for an earlier one.</param>
    private async ValueTask<Offset> FindStartAsync(Offset end, bool mayAskIndex)
    {
        switch (request.Start)
        {
            case ReadStart.First:
                return _log.StartOffset;
            case ReadStart.Time:
                var (offset, _) = await _log.FindTimeAsync(request.TimeMs).ConfigureAwait(false);
                return offset == Offset.None ? end : offset;
            case ReadStart.Last:
                return await FindLastAsync(end, mayAskIndex).ConfigureAwait(false);
            default:
                return request.Offset;
        }
    }

    /// <returns><paramref name="end"/> where there is none before it.</returns>
    private async ValueTask<Offset> FindLastAsync(Offset end, bool mayAskIndex)
    {
        if (request.Filters.Count == 0 && request.Lane is null)
            return partition.HasTransactions ? await FindLastMessageAsync().ConfigureAwait(false) : _log.EndOffset > _log.StartOffset ? _log.EndOffset + -1 : _log.EndOffset;
        var wanted = Wanted(Offset.Zero);
        if (mayAskIndex && wanted.Lane is null && new RecordIndex(_log, wanted) is { HasLiteralKeys: true } index)
        {
            var last = new HashSet<long>();
            // The index may know a record already that readers do not get yet, while the one that it replaces is still there.
            index.FindLast(_log.StartOffset, end, last);
            return last.Count == 0 ? end : new Offset(last.Max());
        }
        using var scan = new LogScan(_log);
        var found = await scan.FindAsync(_log.StartOffset, wanted).ConfigureAwait(false);
        return found.Count == 0 ? end : found[^1];
    }

    /// <summary>Where not every record is a message: looks at ever more of the log from behind.</summary>
    private async ValueTask<Offset> FindLastMessageAsync()
    {
        const long FirstLook = 64;
        using var scan = new LogScan(_log);
        var end = _log.EndOffset;
        for (var look = FirstLook; ; look *= 8)
        {
            var start = _log.StartOffset;
            var from = end - start > look ? end + -look : start;
            var last = new LastOffset();
            await scan.VisitAsync(from, end, last).ConfigureAwait(false);
            if (last.Found != Offset.None || from == start)
                return last.Found == Offset.None ? end : last.Found;
        }
    }

    private async ValueTask<(ErrorCode Error, Offset Next)> ReadLastPerKeyAsync(PooledBytes bytes)
    {
        // Of what is replaced from here on the newest is found behind this end, where the reader goes on.
        var end = _log.EndOffset;
        var from = request.Offset > _log.StartOffset ? request.Offset : _log.StartOffset;
        var wanted = Wanted(from);
        using var scan = new LogScan(_log);
        var offsets = await FindLastPerKeyAsync(scan, wanted, from, end).ConfigureAwait(false);
        if (offsets.Count == 0)
            return (ErrorCode.None, end);
        List<long> inOrder = [.. offsets.Order()];
        if (request.MaxRecords > 0 && inOrder.Count > request.MaxRecords)
            inOrder.RemoveRange(request.MaxRecords, inOrder.Count - request.MaxRecords);
        using var fetch = new OffsetFetch(_log);
        var (error, done) = await fetch.WriteAsync(inOrder, wanted, _bytesMax, bytes).ConfigureAwait(false);
        var next = done == offsets.Count ? end : done == 0 ? from : new Offset(inOrder[done - 1] + 1);
        return (error, next);
    }

    private async ValueTask<HashSet<long>> FindLastPerKeyAsync(LogScan scan, WantedRecords wanted, Offset from, Offset end)
    {
        var index = new RecordIndex(_log, wanted);
        if (!index.HasLiteralKeys || wanted.Lane is not null)
            return await scan.FindLastPerKeyAsync(from, end, wanted).ConfigureAwait(false);
        var found = new HashSet<long>();
        index.FindLast(from, end, found);
        return found;
    }

    private WantedRecords Wanted(Offset from) => new(request.Filters, partition.TopicSubject) { From = from, NowMs = NowMs, Lane = request.Lane };

    private ReadResult Answer(PooledBytes bytes, Offset next, IReadOnlyList<LanePosition> lanes) =>
        new(bytes, bytes.Memory) { NextOffset = next, LanePositions = lanes, LogStartOffset = _log.StartOffset, LogEndOffset = _log.EndOffset };

    private ReadResult Refusal(PooledBytes bytes, ErrorCode error)
    {
        bytes.Dispose();
        return new(null, default) { Error = error, NextOffset = Offset.None, LogStartOffset = _log.StartOffset, LogEndOffset = _log.EndOffset };
    }

    private async ValueTask WaitAsync(Task growth, TimeSpan atMost, CancellationToken cancellationToken)
    {
        try
        {
            await growth.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The caller reads once more and answers with what there is.
        }
    }

    private sealed class LastOffset : IRecordVisitor
    {
        public Offset Found { get; private set; } = Offset.None;

        public bool Visit(in Record record)
        {
            Found = record.Offset;
            return true;
        }
    }

    private static int CountRecords(ReadOnlySpan<byte> batches)
    {
        var records = 0;
        var walker = new BatchWalker(batches);
        while (walker.MoveNext())
            records += new RecordBatchHeader(walker.Current).RecordCount;
        return records;
    }
}

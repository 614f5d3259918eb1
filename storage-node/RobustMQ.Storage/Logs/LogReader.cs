using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Logs;

/// <summary>Answers one read request: finds where it begins, takes what it may, waits for more where that is asked for.</summary>
internal sealed class LogReader(LogPartition partition, ReadRequest request, StorageOptions options, TimeProvider time)
{
    private readonly ILog _log = partition.Log;
    private readonly int _bytesMax = request.MaxBytes <= 0 ? ReadRequest.DefaultMaxBytes : Math.Min(request.MaxBytes, options.ReadBytesMax);
    private int _records;

    public async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        if (request.MaxRecords < 0 || request.MinBytes < 0 || request.MaxWait < TimeSpan.Zero)
            return ReadResult.Failed(ErrorCode.InvalidArgument);
        var bytes = new PooledBytes();
        try
        {
            var (error, next) = await FillAsync(bytes, cancellationToken).ConfigureAwait(false);
            if (error == ErrorCode.None)
                return Answer(bytes, next);
            bytes.Dispose();
            return Refusal(error);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    private async ValueTask<(ErrorCode Error, Offset Next)> FillAsync(PooledBytes bytes, CancellationToken cancellationToken)
    {
        if (request.Start == ReadStart.LastPerKey)
            return await ReadLastPerKeyAsync(bytes).ConfigureAwait(false);
        var from = await FindStartAsync().ConfigureAwait(false);
        var started = time.GetTimestamp();
        var wait = request.MaxWait < options.ReadWaitMax ? request.MaxWait : options.ReadWaitMax;
        while (true)
        {
            if (partition.IsClosed)
                return (ErrorCode.NotFound, from);
            var growth = wait > TimeSpan.Zero ? partition.WaitForGrowthAsync() : Task.CompletedTask;
            var read = await ReadPieceAsync(from, bytes).ConfigureAwait(false);
            if (read.Error != ErrorCode.None)
                return (read.Error, from);
            from = read.Next;
            var left = wait - time.GetElapsedTime(started);
            if (IsEnough(bytes, from) || left <= TimeSpan.Zero)
                return (ErrorCode.None, from);
            if (from < _log.EndOffset)
                continue;
            await WaitAsync(growth, left, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool IsEnough(PooledBytes bytes, Offset from) =>
        bytes.Length >= Math.Min(Math.Max(request.MinBytes, 1), _bytesMax)
        || (request.MaxRecords > 0 && _records >= request.MaxRecords)
        || (bytes.Length > 0 && from < _log.EndOffset);

    private async ValueTask<Offset> FindStartAsync()
    {
        switch (request.Start)
        {
            case ReadStart.First:
                return _log.StartOffset;
            case ReadStart.Time:
                var (offset, _) = await _log.FindTimeAsync(request.TimeMs).ConfigureAwait(false);
                return offset == Offset.None ? _log.EndOffset : offset;
            case ReadStart.Last:
                return await FindLastAsync().ConfigureAwait(false);
            default:
                return request.Offset;
        }
    }

    private async ValueTask<Offset> FindLastAsync()
    {
        if (request.Filters.Count == 0)
            return _log.EndOffset > _log.StartOffset ? _log.EndOffset + -1 : _log.EndOffset;
        using var scan = new LogScan(_log);
        var found = await scan.FindAsync(_log.StartOffset, Selector(Offset.Zero)).ConfigureAwait(false);
        return found.Count == 0 ? _log.EndOffset : found[^1];
    }

    private async ValueTask<LogReadResult> ReadPieceAsync(Offset from, PooledBytes bytes)
    {
        var before = bytes.Length;
        var recordsLeft = request.MaxRecords == 0 ? 0 : request.MaxRecords - _records;
        LogReadResult read;
        if (request.Filters.Count == 0)
        {
            read = await _log.ReadAsync(new LogRead { From = from, MaxBytes = _bytesMax - before, MaxRecords = recordsLeft }, bytes).ConfigureAwait(false);
        }
        else
        {
            using var scan = new LogScan(_log);
            read = await scan.SelectAsync(from, Selector(from), _bytesMax, recordsLeft, bytes).ConfigureAwait(false);
        }
        _records += CountRecords(bytes.Span[before..]);
        return read;
    }

    private async ValueTask<(ErrorCode Error, Offset Next)> ReadLastPerKeyAsync(PooledBytes bytes)
    {
        var from = request.Offset > _log.StartOffset ? request.Offset : _log.StartOffset;
        using var scan = new LogScan(_log);
        var offsets = await scan.FindLastPerKeyAsync(from, Selector(from)).ConfigureAwait(false);
        if (offsets.Count == 0)
            return (ErrorCode.None, _log.EndOffset);
        var read = await scan.SelectAsync(new Offset(offsets.Min()), new OffsetSelector(offsets), _bytesMax, request.MaxRecords, bytes).ConfigureAwait(false);
        _records += CountRecords(bytes.Span);
        return (read.Error, read.Next);
    }

    private SubjectSelector Selector(Offset from) => new(request.Filters, partition.TopicSubject, from);

    private ReadResult Answer(PooledBytes bytes, Offset next) =>
        new(bytes, bytes.Memory) { NextOffset = next, LogStartOffset = _log.StartOffset, LogEndOffset = _log.EndOffset };

    private ReadResult Refusal(ErrorCode error) =>
        new(null, default) { Error = error, NextOffset = Offset.None, LogStartOffset = _log.StartOffset, LogEndOffset = _log.EndOffset };

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

    private static int CountRecords(ReadOnlySpan<byte> batches)
    {
        var records = 0;
        var walker = new BatchWalker(batches);
        while (walker.MoveNext())
            records += new RecordBatchHeader(walker.Current).RecordCount;
        return records;
    }
}

using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Logs.Transactions;

/// <summary>
/// A log as far as it is decided: it ends before the first open transaction. <see cref="WithoutUndone"/> leaves out control batches and the batches of aborted transactions besides, which makes it
/// a log of nothing but messages: whoever reads records reads that one, through whatever protocol. Changes are made to the log itself.
/// </summary>
internal sealed class SettledLog : ILog
{
    private readonly ILog _log;
    private readonly LogTransactions _transactions;
    private readonly bool _leavesOutUndone;

    private SettledLog(ILog log, LogTransactions transactions, bool leavesOutUndone)
    {
        _log = log;
        _transactions = transactions;
        _leavesOutUndone = leavesOutUndone;
    }

    public LogId Id => _log.Id;

    public Offset StartOffset => _log.StartOffset;

    /// <summary>Of a transaction that is still open the first records may be gone by age or size.</summary>
    public Offset EndOffset
    {
        get
        {
            var stable = _transactions.StableEnd(_log.EndOffset);
            var start = _log.StartOffset;
            return stable > start ? stable : start;
        }
    }

    public long SizeBytes => _log.SizeBytes;

    public long RecordCount => _log.RecordCount;

    public long AppliedIndex => _log.AppliedIndex;

    /// <summary>As it is stored.</summary>
    public static SettledLog AsStored(ILog log, LogTransactions transactions) => new(log, transactions, leavesOutUndone: false);

    public static SettledLog WithoutUndone(ILog log, LogTransactions transactions) => new(log, transactions, leavesOutUndone: true);

    public ValueTask<LogReadResult> ReadAsync(LogRead read, IBufferWriter<byte> destination, CancellationToken cancellationToken = default)
    {
        var end = EndOffset;
        var bounded = read.Until == Offset.None || read.Until > end
            ? new LogRead { From = read.From, Until = end, MaxBytes = read.MaxBytes, MaxRecords = read.MaxRecords }
            : read;
        if (read.From >= end && read.From >= _log.StartOffset)
            return new(new LogReadResult(read.From > _log.EndOffset ? ErrorCode.OffsetOutOfRange : ErrorCode.None, read.From, 0));
        return _leavesOutUndone && _transactions.ReachesBefore(end) ? ReadMessagesAsync(bounded, destination, cancellationToken) : _log.ReadAsync(bounded, destination, cancellationToken);
    }

    /// <summary>The first record of that time may be one that is left out: whoever reads from there gets what follows it.</summary>
    public async ValueTask<(Offset Offset, long TimestampMs)> FindTimeAsync(long timeMs, CancellationToken cancellationToken = default)
    {
        var end = EndOffset;
        var found = await _log.FindTimeAsync(timeMs, cancellationToken).ConfigureAwait(false);
        return found.Offset < end ? found : (Offset.None, -1);
    }

    public Offset FindLastOfKey(ReadOnlySpan<byte> key) => _log.FindLastOfKey(key);

    public LogManifest GetManifest() => _log.GetManifest();

    public Offset Append(ReadOnlySpan<byte> batch, Epoch epoch, long index) => throw ReadOnly();

    public ValueTask FlushAsync(Durability level, CancellationToken cancellationToken = default) => throw ReadOnly();

    public long DeleteBefore(Offset offset) => throw ReadOnly();

    public long Delete(IReadOnlyList<Offset> offsets) => throw ReadOnly();

    public void TruncateTo(Offset endOffset) => throw ReadOnly();

    public long ApplyRetention(long nowMs) => throw ReadOnly();

    public void Configure(LogOptions options) => throw ReadOnly();

    public void SaveSnapshot(ReadOnlySpan<byte> snapshot) => throw ReadOnly();

    public LogSnapshot? LoadSnapshot() => throw ReadOnly();

    /// <summary>The log is not this one's to close.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Goes on until there is a message, or nothing more: a reader that gets nothing takes it for the end.</summary>
    private async ValueTask<LogReadResult> ReadMessagesAsync(LogRead read, IBufferWriter<byte> destination, CancellationToken cancellationToken)
    {
        using var piece = new PooledBytes();
        var from = read.From;
        while (true)
        {
            piece.Clear();
            var found = await _log.ReadAsync(
                new LogRead { From = from, Until = read.Until, MaxBytes = read.MaxBytes, MaxRecords = read.MaxRecords }, piece, cancellationToken).ConfigureAwait(false);
            if (found.Error != ErrorCode.None)
                return found;
            var written = KeepMessages(piece.Span);
            // What was aborted before the start is forgotten with it, maybe while this was looked at.
            if (_log.StartOffset > from)
                return new LogReadResult(ErrorCode.OffsetOutOfRange, from, 0);
            destination.Write(piece.Span[..written]);
            if (written > 0 || found.Bytes == 0 || found.Next >= read.Until)
                return found with { Bytes = written };
            from = found.Next;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Moves the batches of messages together at the beginning.</summary>
    /// <returns>Their bytes.</returns>
    private int KeepMessages(Span<byte> batches)
    {
        var kept = 0;
        for (var at = 0; at < batches.Length;)
        {
            var header = new RecordBatchHeader(batches[at..]);
            var length = (int)header.TotalBytes;
            if (_transactions.HoldsMessages(header))
            {
                if (kept < at)
                    batches.Slice(at, length).CopyTo(batches[kept..]);
                kept += length;
            }
            at += length;
        }
        return kept;
    }

    private static InvalidOperationException ReadOnly() => new("A log is changed where it is whole.");
}

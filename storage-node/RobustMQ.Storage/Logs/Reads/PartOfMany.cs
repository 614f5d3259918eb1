using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Logs.Reads;

/// <summary>One log's part in a read of many. A log that has nothing costs a look at its end and no more.</summary>
internal sealed class PartOfMany(LogPosition wanted, ReadIsolation isolation) : IDisposable
{
    private LogPartition? _partition;
    private PooledBytes? _bytes;
    private Offset _next = wanted.Offset;
    private ErrorCode _error;
    private List<AbortedTransaction>? _aborted;

    public bool HasFailed => _error != ErrorCode.None;

    private int BytesMax => wanted.MaxBytes <= 0 ? ReadRequest.DefaultMaxBytes : wanted.MaxBytes;

    private int Length => _bytes?.Length ?? 0;

    /// <summary>Completes when the log has grown or was closed since this was asked; null where nothing more of it is wanted. Asked before the read, so that no append is missed.</summary>
    public Task? WaitForGrowth() => HasFailed || Length >= BytesMax ? null : _partition?.WaitForGrowthAsync();

    /// <summary>Finds the log, where it is not at hand: a log that was closed because nobody used it is opened again.</summary>
    public async ValueTask FindAsync(LogStore logs)
    {
        if (_partition is { IsClosed: false } || HasFailed)
            return;
        _partition = await logs.FindAsync(wanted.Log).ConfigureAwait(false);
        if (_partition is null)
            _error = logs.WhyNot(wanted.Log);
    }

    /// <summary>Adds what the log has by now, within its own limit and that of the whole.</summary>
    /// <param name="room">What the whole may still grow by; a batch that is larger is taken only where <paramref name="isFirst"/>.</param>
    /// <returns>Bytes added; -1: the next batch does not fit into the room.</returns>
    public async ValueTask<int> ReadAsync(LogStore logs, int room, bool isFirst, long nowMs)
    {
        while (!HasFailed && _partition is { } partition && _next != View(partition).EndOffset && Length < BytesMax)
        {
            var added = await ReadAsync(partition, room, isFirst, nowMs).ConfigureAwait(false);
            if (added != 0 || !partition.IsClosed)
                return added;
            // Closed while it was read: what the read said means nothing.
            _error = ErrorCode.None;
            await FindAsync(logs).ConfigureAwait(false);
        }
        return 0;
    }

    /// <summary>What was found; the bytes go with it.</summary>
    public ReadResult ToResult(bool isDraining)
    {
        var (bytes, partition) = (_bytes, _partition);
        var log = partition is null ? null : isolation == ReadIsolation.Committed ? partition.Settled : partition.Log;
        var end = log?.EndOffset ?? Offset.None;
        var stable = partition?.Stable.EndOffset ?? Offset.None;
        _bytes = null;
        if (HasFailed)
            bytes?.Dispose();
        return new ReadResult(HasFailed ? null : bytes, HasFailed || bytes is null ? default : bytes.Memory)
        {
            Error = _error == ErrorCode.NotFound && isDraining ? ErrorCode.Unavailable : _error,
            NextOffset = HasFailed ? Offset.None : _next,
            LogStartOffset = log?.StartOffset ?? Offset.None,
            LogEndOffset = end,
            StableEndOffset = stable < end ? stable : end,
            Aborted = HasFailed ? [] : _aborted ?? [],
        };
    }

    private ILog View(LogPartition partition) => isolation switch
    {
        ReadIsolation.Stored => partition.Log,
        ReadIsolation.StoredStable => partition.Stable,
        _ => partition.Settled,
    };

    public void Dispose() => _bytes?.Dispose();

    /// <summary>Asks at once what of the batches just read was aborted: what was before the log's start is forgotten with it.</summary>
    private void NoteAborted(LogPartition partition, Offset until)
    {
        var found = partition.FindAborted(_next, until);
        if (partition.Log.StartOffset > _next)
        {
            _error = ErrorCode.OffsetOutOfRange;
            return;
        }
        _aborted ??= new List<AbortedTransaction>(found.Count);
        foreach (var transaction in found)
        {
            // One that reaches over where this read began may have been noted with the read before.
            if (transaction.First >= _next || !_aborted.Contains(transaction))
                _aborted.Add(transaction);
        }
    }

    private async ValueTask<int> ReadAsync(LogPartition partition, int room, bool isFirst, long nowMs)
    {
        var before = Length;
        _bytes ??= new PooledBytes();
        using var cursor = new PlainCursor(View(partition), _next);
        try
        {
            // Where records have expired a piece may hold nothing though there is more.
            do
                _error = await cursor.ReadAsync(_bytes, before + Math.Min(BytesMax - before, room), 0, nowMs).ConfigureAwait(false);
            while (!HasFailed && _bytes.Length == before && !cursor.IsAtEnd);
        }
        catch (StorageException refusal)
        {
            _error = refusal.Code;
        }
        var added = _bytes.Length - before;
        var fits = (isFirst || added <= room) && (before == 0 || _bytes.Length <= BytesMax);
        if (!HasFailed && fits && isolation == ReadIsolation.StoredStable)
            NoteAborted(partition, cursor.Next);
        if (!HasFailed && fits)
        {
            _next = cursor.Next;
            return added;
        }
        _bytes.Cut(before);
        return HasFailed || added <= room ? 0 : -1;
    }
}

using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Dispatch;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Logs.Delays;
using RobustMQ.Storage.Logs.Transactions;

namespace RobustMQ.Storage.Logs;

/// <summary>
/// One open log with what belongs to it: its writer's lock, the checks that precede an append, the reads that wait for it to grow, and the topics that take over records
/// from it for a while.
/// </summary>
internal sealed class LogPartition : IAsyncDisposable
{
    /// <summary>A batch that comes in carries offsets of its own making.</summary>
    private static readonly Offset EveryOffset = new(long.MinValue);

    /// <summary>Read at once for a topic that takes over.</summary>
    private const int TakeoverPieceBytes = 1 << 20;

    private readonly Lock _writer = new();
    private readonly ILog _log;
    private readonly ProducerTable _producers;
    private readonly MessageIdWindow _messageIds;
    private readonly PartitionMemory? _memory;
    private readonly LogTransactions _transactions = new();
    private readonly TransactionRules _rules;
    private readonly AppendChecks _checks;
    private volatile Topic _topic;
    private readonly LogGrowth _growth = new();
    private TakeoverForwards? _forwards;
    private long _committedEnd;
    private volatile LogDispatch? _dispatch;
    private bool _closed;
    private bool _isInDoubt;
    private readonly bool _knowsWhatIsDue;
    private bool _changed;
    private bool _touched;
    private int _idleTicks;

    /// <param name="knowsWhatIsDue">Retention needs no calls while the log does not change.</param>
    /// <param name="keepsTransactions">Of the engine: transactional batches may be appended.</param>
    public LogPartition(Topic topic, int partition, ILog log, bool isPersistent, StorageOptions options, bool knowsWhatIsDue = false, bool keepsTransactions = false)
    {
        _knowsWhatIsDue = knowsWhatIsDue;
        _topic = topic;
        _log = log;
        _committedEnd = log.EndOffset.Value;
        IsPersistent = isPersistent;
        Name = new TopicPartition(topic.Namespace, topic.Name, partition);
        IsLiveTraffic = !topic.Name.IsInternal || topic.Name == TopicName.Live || topic.Name == TopicName.Durable;
        TopicSubject = Encoding.UTF8.GetBytes(topic.Name.Value);
        _producers = new ProducerTable(options.ProducersPerLogMax, options.ProducerBatchesMax, options.ProducerExpiry, _transactions);
        _rules = new TransactionRules(_producers, _transactions, options.ProducersPerLogMax) { AreKept = keepsTransactions };
        Settled = keepsTransactions ? SettledLog.WithoutUndone(log, _transactions) : log;
        Stable = keepsTransactions ? SettledLog.AsStored(log, _transactions) : log;
        _messageIds = new MessageIdWindow(options.MessageIdsPerLogMax);
        _checks = new AppendChecks(log, _rules, _messageIds);
        _memory = isPersistent ? new PartitionMemory(log, _producers, _messageIds, _transactions) : null;
    }

    public TopicPartition Name { get; }

    public Topic Topic => _topic;

    /// <summary>Subject of records whose key is none.</summary>
    public byte[] TopicSubject { get; }

    /// <summary>False for internal topics but the two that hold what clients publish: their records are somebody's state, which a subscription to everything must not see.</summary>
    public bool IsLiveTraffic { get; }

    /// <summary>Changes go through the replication group.</summary>
    public bool IsPersistent { get; }

    /// <summary>The log as it is stored, to its end; changes go through this class. Whoever wants messages reads <see cref="Settled"/>.</summary>
    public ILog Log => _log;

    /// <summary>The log's messages: without what transactions have not committed, and what ends them. The only one that readers of records may have.</summary>
    public ILog Settled { get; }

    /// <summary>Not everything that is stored is a message.</summary>
    public bool HasTransactions => _transactions.ReachesBefore(_log.EndOffset);

    /// <summary>The log as it is stored, before the first open transaction.</summary>
    public ILog Stable { get; }

    /// <summary>
    /// Records before it are as durable as their appends asked, and of no open transaction: consumers are given these only, since an offset that a crash takes back is used again.
    /// </summary>
    public Offset CommittedEnd => _transactions.StableEnd(new(Interlocked.Read(ref _committedEnd)));

    /// <summary>A sync was refused, and none has succeeded since: something before the end may not be durable that was to be.</summary>
    public bool IsInDoubt
    {
        get => Volatile.Read(ref _isInDoubt);
        set => Volatile.Write(ref _isInDoubt, value);
    }

    /// <summary>Whom the consumers of this log hear from; null where there are none.</summary>
    public LogDispatch? Dispatch => _dispatch;

    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Closed because nobody used it: whoever finds it so looks again.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>Retention may find something to do.</summary>
    public bool WantsRetention => !_knowsWhatIsDue || Volatile.Read(ref _changed);

    /// <summary>Somebody asked for this log.</summary>
    public void Touch()
    {
        if (!Volatile.Read(ref _touched))
            Volatile.Write(ref _touched, true);
    }

    /// <summary>Calls of this since somebody asked for the log last.</summary>
    public int CountIdle()
    {
        _idleTicks = Volatile.Read(ref _touched) ? 0 : _idleTicks + 1;
        Volatile.Write(ref _touched, false);
        return _idleTicks;
    }

    /// <summary>Closes a log that nobody waits at, whose close does not wait for anything; it is opened again when it is asked for.</summary>
    public bool TryRetire()
    {
        lock (_writer)
        {
            if (_closed || _growth.IsAwaited || _dispatch is not null || Volatile.Read(ref _touched) || _forwards is { IsEmpty: false })
                return false;
            IsRetired = true;
            _closed = true;
            SaveMemory(atClose: true);
        }
        SignalGrowth();
        var closing = _log.DisposeAsync();
        return closing.IsCompletedSuccessfully;
    }

    /// <summary>Reads what an earlier start knew of producers and message ids. Before the first append.</summary>
    public ValueTask RestoreAsync(long nowMs) => _memory?.RestoreAsync(nowMs) ?? ValueTask.CompletedTask;

    /// <summary>Checks the conditions in the log's own order, appends, and remembers what later checks need.</summary>
    public AppendResult Append(ReadOnlySpan<byte> batch, AppendConditions? conditions, Epoch epoch, long index, long nowMs)
    {
        var header = new RecordBatchHeader(batch);
        AppendResult result;
        lock (_writer)
        {
            if (_closed)
                return AppendResult.Failed(ErrorCode.NotFound);
            if (!_checks.MayAppend(_topic, header, batch, conditions, nowMs, out result))
                return result;
            Offset baseOffset;
            _rules.Begin(header, _log.EndOffset, out var began);
            try
            {
                baseOffset = _log.Append(batch, epoch, index);
            }
            catch (StorageException refusal)
            {
                if (began)
                    _transactions.Undo(header.ProducerId);
                return AppendResult.Failed(refusal.Code);
            }
            var endedSince = _rules.Add(header, batch, baseOffset, nowMs);
            Volatile.Write(ref _changed, true);
            _memory?.Appended(batch.Length);
            _checks.Remember(_topic, conditions, baseOffset, nowMs);
            if (_forwards is { IsEmpty: false } forwards)
                forwards.Take(batch, EveryOffset);
            result = new AppendResult { BaseOffset = baseOffset, EndedSince = endedSince, LogStartOffset = _log.StartOffset, LeaderEpoch = epoch };
        }
        SignalGrowth();
        return result;
    }

    /// <summary>Checks the conditions as an append does, and keeps the batch for when its records are due.</summary>
    public AppendResult Delay(ReadOnlySpan<byte> batch, AppendConditions? conditions, long nowMs, RocksDbDelays delays)
    {
        var header = new RecordBatchHeader(batch);
        lock (_writer)
        {
            if (_closed)
                return AppendResult.Failed(ErrorCode.NotFound);
            if (!_checks.MayAppend(_topic, header, batch, conditions, nowMs, out var result))
                return result with { IsDelayed = result.IsDuplicate };
            if (!IsDelayedAlready(header, delays))
            {
                delays.Add(_log.Id, DelaySplit.Split(batch, nowMs), ProducerMark.Of(header, nowMs));
                _producers.Add(header, Offset.None, nowMs);
                _checks.Remember(_topic, conditions, Offset.None, nowMs);
            }
            return new AppendResult { BaseOffset = Offset.None, IsDelayed = true, LogStartOffset = _log.StartOffset, LeaderEpoch = Epoch.None };
        }
    }

    /// <summary>Appends delayed records whose time has come, unless the log has them: a crash may have come between this and what follows it.</summary>
    public AppendResult AppendDue(ReadOnlySpan<byte> batch, Epoch epoch, long index, long nowMs)
    {
        var header = new RecordBatchHeader(batch);
        AppendResult result;
        lock (_writer)
        {
            if (_closed)
                return AppendResult.Failed(ErrorCode.NotFound);
            _producers.Check(header, out var isDuplicate, out var duplicateOf);
            if (isDuplicate)
                return new AppendResult { IsDuplicate = true, BaseOffset = duplicateOf, LogStartOffset = _log.StartOffset, LeaderEpoch = epoch };
            try
            {
                result = new AppendResult { BaseOffset = _log.Append(batch, epoch, index), LogStartOffset = _log.StartOffset, LeaderEpoch = epoch };
            }
            catch (StorageException refusal)
            {
                return AppendResult.Failed(refusal.Code);
            }
            _producers.Add(header, result.BaseOffset, nowMs);
            Volatile.Write(ref _changed, true);
            _memory?.Appended(batch.Length);
            if (_forwards is { IsEmpty: false } forwards)
                forwards.Take(batch, EveryOffset);
        }
        SignalGrowth();
        return result;
    }

    /// <summary>Learns of producers whose last batches wait for their time. After <see cref="RestoreAsync"/>.</summary>
    public void RestoreDelayed(RocksDbDelays delays)
    {
        foreach (var mark in delays.FindProducers(_log.Id))
            _producers.Load(mark);
    }

    /// <summary>Tells consumers of what is appended from now on; the log stays open as long as there are any. False: it was closed meanwhile.</summary>
    public bool TryAttach(LogDispatch? dispatch)
    {
        lock (_writer)
        {
            if (_closed)
                return false;
            _dispatch = dispatch;
            return true;
        }
    }

    /// <summary>Those that are remembered, as of now.</summary>
    public IReadOnlyList<LogProducer> ListProducers()
    {
        lock (_writer)
        {
            return [.. _producers.Entries.Select(entry => new LogProducer(
                entry.Key, entry.Value.Epoch, entry.Value.IsNew ? -1 : entry.Value.LastSequence, entry.Value.SeenMs, entry.Value.CoordinatorEpoch, _transactions.OpenSince(entry.Key)))];
        }
    }

    /// <summary>As <see cref="LogTransactions.FindAborted"/>.</summary>
    public IReadOnlyList<AbortedTransaction> FindAborted(Offset from, Offset until) => _transactions.FindAborted(from, until);

    /// <summary>Whether every record of a batch that was appended is a message now.</summary>
    public bool IsSettled(RecordBatchHeader header, Offset end) => !header.IsTransactional && !header.IsControl && CommittedEnd >= end;

    /// <summary>Tells consumers of a batch that was appended, as durable as its append asked.</summary>
    public void Announce(ReadOnlySpan<byte> batch, Offset baseOffset)
    {
        if (!IsPersistent)
            Committed(baseOffset + new RecordBatchHeader(batch).LastOffsetDelta + 1);
        Dispatch?.OnAppended(batch, baseOffset);
    }

    /// <summary>Records before an offset are committed.</summary>
    public void Committed(Offset end)
    {
        var seen = Interlocked.Read(ref _committedEnd);
        while (seen < end.Value && Interlocked.CompareExchange(ref _committedEnd, end.Value, seen) is var now && now != seen)
            seen = now;
    }

    /// <summary>Records that belong to a topic which is being created: called under the other log's writer lock, or before the topic is known to anybody.</summary>
    public void AppendTakenOver(ReadOnlySpan<byte> batch, Epoch epoch)
    {
        lock (_writer)
        {
            if (_closed)
                return;
            _log.Append(batch, epoch, 0);
        }
        Committed(_log.EndOffset);
        SignalGrowth();
        Dispatch?.OnCommitted();
    }

    /// <exception cref="StorageException">The disk refused.</exception>
    public DeleteResult DeleteBefore(Offset offset)
    {
        lock (_writer)
        {
            if (_closed)
                return new DeleteResult(ErrorCode.NotFound, Offset.None, 0);
            if (offset > _log.EndOffset)
                return new DeleteResult(ErrorCode.OffsetOutOfRange, _log.StartOffset, 0);
            var removed = _log.DeleteBefore(offset == Offset.None ? _log.EndOffset : offset);
            return new DeleteResult(ErrorCode.None, _log.StartOffset, removed);
        }
    }

    /// <exception cref="StorageException">The disk refused.</exception>
    public DeleteResult Delete(IReadOnlyList<Offset> offsets)
    {
        lock (_writer)
        {
            if (_closed)
                return new DeleteResult(ErrorCode.NotFound, Offset.None, 0);
            var removed = _log.Delete(WithoutMarkers(offsets));
            return new DeleteResult(ErrorCode.None, _log.StartOffset, removed);
        }
    }

    public Offset FindLastOfKey(ReadOnlySpan<byte> key)
    {
        lock (_writer)
            return _closed ? Offset.None : _log.FindLastOfKey(key);
    }

    /// <summary>Applies retention, and forgets producers, message ids and takeovers whose time is over.</summary>
    public void Retain(long nowMs)
    {
        lock (_writer)
        {
            if (_closed)
                return;
            Volatile.Write(ref _changed, false);
            SaveMemory(atClose: false);
            _log.ApplyRetention(nowMs);
            _transactions.ForgetBefore(_log.StartOffset);
            _producers.ForgetSilent(nowMs);
            _messageIds.Forget(_topic.Spec.DedupWindowMs, nowMs);
            _forwards?.Forget(nowMs);
        }
    }

    public void Configure(Topic topic)
    {
        lock (_writer)
        {
            _topic = topic;
            _log.Configure(OptionsOf(topic));
        }
    }

    /// <summary>Copies what lies behind an offset and from then on everything that is appended: between the two nothing else gets into the log.</summary>
    public void BeginForward(TakeoverForward forward, long nowMs, Action copyRest)
    {
        lock (_writer)
        {
            if (_closed)
                return;
            copyRest();
            _forwards ??= new TakeoverForwards();
            _forwards.Forget(nowMs);
            _forwards.Add(forward);
        }
    }

    /// <summary>Gives the records of a piece of the log to topics that take over; for a persistent log that reads at once.</summary>
    /// <returns>Where to go on.</returns>
    /// <exception cref="StorageException">The piece cannot be read.</exception>
    public Offset CopyPiece(TakeoverForwards forwards, Offset from)
    {
        from = from > _log.StartOffset ? from : _log.StartOffset;
        using var piece = new PooledBytes();
        var reading = _log.ReadAsync(new LogRead { From = from, MaxBytes = TakeoverPieceBytes }, piece);
        if (!reading.IsCompleted)
            throw new InvalidOperationException("A log whose reads wait cannot be taken over from.");
        var read = reading.GetAwaiter().GetResult();
        if (read.Error != ErrorCode.None)
            throw new StorageException(read.Error, $"{Name} cannot be taken over from at offset {from}");
        var walker = new BatchWalker(piece.Span);
        while (walker.MoveNext())
            forwards.Take(walker.Current, from);
        return read.Next;
    }

    /// <summary>Removes everything, so that the next record gets offset 0.</summary>
    public void Empty()
    {
        lock (_writer)
        {
            _log.TruncateTo(Offset.Zero);
            _transactions.Clear();
        }
    }

    /// <summary>Completes when the log is longer than now, or closed. Ask before reading, so that no append is missed.</summary>
    public Task WaitForGrowthAsync()
    {
        var growth = _growth.WaitAsync();
        if (IsClosed)
            SignalGrowth();
        return growth;
    }

    public void SignalGrowth() => _growth.Signal();

    /// <summary>Takes no more changes; reads that wait end.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_writer)
        {
            if (_closed)
                return;
            _closed = true;
            _forwards?.Dispose();
            SaveMemory(atClose: true);
        }
        SignalGrowth();
        await _log.DisposeAsync().ConfigureAwait(false);
    }

    private void SaveMemory(bool atClose)
    {
        try
        {
            _memory?.Save(atClose);
        }
        catch (StorageException)
        {
            // The next start reads the log itself. On a full disk it is retention that makes room: it must not wait for this.
        }
    }

    public static LogOptions OptionsOf(Topic topic) =>
        new() { Retention = topic.Spec.Retention, MaxBatchBytes = topic.Spec.MaxBatchBytes };

    /// <summary>A repeat of a delayed batch by a producer that the log, opened since, does not know.</summary>
    private bool IsDelayedAlready(RecordBatchHeader header, RocksDbDelays delays) =>
        header.ProducerId >= 0 && !_producers.Knows(header.ProducerId)
            && delays.FindProducer(_log.Id, header.ProducerId) is { } mark
            && mark.Epoch == header.ProducerEpoch && mark.FirstSequence == header.BaseSequence && mark.LastSequence == ProducerTable.LastSequence(header);

    /// <summary>What ends a transaction stays: without it a start would take the transaction for open.</summary>
    private IReadOnlyList<Offset> WithoutMarkers(IReadOnlyList<Offset> offsets)
    {
        if (!_transactions.ReachesBefore(_log.EndOffset))
            return offsets;
        using var piece = new PooledBytes();
        var kept = new List<Offset>(offsets.Count);
        foreach (var offset in offsets)
        {
            piece.Clear();
            var reading = _log.ReadAsync(new LogRead { From = offset, Until = offset + 1, MaxBytes = 1 }, piece);
            if (!reading.IsCompleted)
                throw new InvalidOperationException("A log whose reads wait keeps no transactions.");
            if (reading.GetAwaiter().GetResult().Bytes > 0 && !new RecordBatchHeader(piece.Span).IsControl)
                kept.Add(offset);
        }
        return kept;
    }
}

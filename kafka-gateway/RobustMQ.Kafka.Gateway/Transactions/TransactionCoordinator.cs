using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>The transactional ids that this gateway coordinates, because it holds the slot that they belong to.</summary>
internal sealed partial class TransactionCoordinator
{
    private const int IdBytesMax = 512;

    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>An id without an open transaction is forgotten after this long; what it is stands in the storage.</summary>
    private static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(1);

    /// <summary>How often a slot is searched for ids that nobody uses any more.</summary>
    private static readonly TimeSpan SearchInterval = TimeSpan.FromHours(1);

    /// <summary>The same while ids are refused because there are too many.</summary>
    private static readonly TimeSpan SearchIntervalWhenFull = TimeSpan.FromSeconds(5);

    /// <summary>What an answer waits for the end of a transaction to reach every log and group; its client would only ask again.</summary>
    private static readonly TimeSpan EndingWait = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(Namespace, string), CoordinatedTransaction> _loaded = new();
    private readonly ConcurrentDictionary<Namespace, Lazy<Task<bool>>> _counting = new();
    private readonly Dictionary<(Namespace, int Slot), (long Revision, long At)> _searched = [];
    private readonly ClusterMembership _cluster;
    private readonly INodeClient _node;
    private readonly TopicDirectory _topics;
    private readonly KafkaOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TransactionLog _log;
    private readonly TransactionMarkers _markers;
    private readonly TransactionalIds _ids;

    public TransactionCoordinator(
        ClusterMembership cluster, IStorageClient storage, TopicDirectory topics, KafkaOptions options, TimeProvider time, ILogger<TransactionCoordinator> logger)
    {
        _cluster = cluster;
        _node = storage.Node;
        _topics = topics;
        _options = options;
        _time = time;
        _logger = logger;
        _log = new TransactionLog(storage);
        _markers = new TransactionMarkers(storage, time, logger);
        _ids = new TransactionalIds(options.TransactionalIdsMax);
        cluster.SlotLost += Forget;
    }

    /// <summary>Why this gateway cannot speak for an id.</summary>
    public KafkaError Check(Namespace ns, string id)
    {
        if (id.Length == 0 || Encoding.UTF8.GetByteCount(id) > IdBytesMax)
            return KafkaError.InvalidRequest;
        return _cluster.Coordinates(ns, id) ? KafkaError.None : KafkaError.NotCoordinator;
    }

    /// <summary>Gives a producer its id and an epoch that fences all before it. What they left open is aborted first.</summary>
    /// <param name="named">What the producer believes to be; an id of -1: nothing.</param>
    public async ValueTask<(KafkaError Error, TransactionState? State)> InitializeAsync(Namespace ns, string id, int timeoutMs, ProducerState named)
    {
        if (Check(ns, id) is var error and not KafkaError.None)
            return (error, null);
        if (timeoutMs <= 0 || timeoutMs > _options.TransactionTimeoutMax.TotalMilliseconds)
            return (KafkaError.InvalidTransactionTimeout, null);
        var transaction = Find(ns, id);
        var (loadError, present) = await transaction.DecideAsync(static (_, _) => KafkaError.None).ConfigureAwait(false);
        if (loadError == KafkaError.None && present is null)
            loadError = await AdmitAsync(transaction).ConfigureAwait(false);
        if (loadError != KafkaError.None)
        {
            ForgetUnknown(transaction);
            return (loadError, null);
        }
        // Until there is an answer nobody knows.
        var outcome = (Error: KafkaError.CoordinatorNotAvailable, State: (TransactionState?)null, IsNew: false);
        try
        {
            outcome = await InitializeAsync(transaction, present, timeoutMs, named).ConfigureAwait(false);
            return (outcome.Error, outcome.State);
        }
        finally
        {
            if (present is null)
                Settle(transaction, outcome.IsNew, outcome.Error);
        }
    }

    private void Settle(CoordinatedTransaction transaction, bool isNew, KafkaError error)
    {
        if (isNew)
        {
            _ids.Added(transaction.Namespace, transaction.Slot, transaction.Id);
            return;
        }
        _ids.GivenUp(transaction.Namespace, transaction.Slot, transaction.Id, mayBeStored: error == KafkaError.CoordinatorNotAvailable);
        ForgetUnknown(transaction);
    }

    private async ValueTask<(KafkaError Error, TransactionState? State, bool IsNew)> InitializeAsync(
        CoordinatedTransaction transaction, TransactionState? present, int timeoutMs, ProducerState named)
    {
        var fresh = -1L;
        if (TransactionMachine.NeedsProducer(present))
        {
            var producer = await _node.AllocateProducerAsync().ConfigureAwait(false);
            if (producer.Error != ErrorCode.None)
                return (KafkaError.CoordinatorNotAvailable, null, false);
            fresh = producer.ProducerId;
        }
        var isNew = false;
        var outcome = await DecideAsync().ConfigureAwait(false);
        if (outcome.Error == KafkaError.ConcurrentTransactions && outcome.State is not null)
        {
            await WaitAsync(transaction).ConfigureAwait(false);
            outcome = await DecideAsync().ConfigureAwait(false);
        }
        return (outcome.Error, outcome.State, isNew && outcome.Error == KafkaError.None);

        ValueTask<(KafkaError Error, TransactionState? State)> DecideAsync() => transaction.DecideAsync((state, nowMs) =>
        {
            isNew = state is null;
            return fresh < 0 && TransactionMachine.NeedsProducer(state)
                ? KafkaError.ConcurrentTransactions
                : TransactionMachine.Initialize(state, timeoutMs, named, fresh, nowMs);
        });
    }

    /// <summary>An id that is not known yet: there may be as many as the settings say.</summary>
    private async ValueTask<KafkaError> AdmitAsync(CoordinatedTransaction transaction)
    {
        try
        {
            if (!await CountAsync(transaction.Namespace).ConfigureAwait(false))
                return KafkaError.CoordinatorNotAvailable;
        }
        catch (StorageException)
        {
            return KafkaError.CoordinatorNotAvailable;
        }
        if (_ids.TryAdd(transaction.Namespace, transaction.Slot, transaction.Id))
            return KafkaError.None;
        LogTooMany(_logger, transaction.Namespace.Value);
        return KafkaError.PolicyViolation;
    }

    /// <summary>Counts the ids of slots that have just come to this gateway, where no search has done so yet; once for all that ask.</summary>
    private async ValueTask<bool> CountAsync(Namespace ns)
    {
        if (Uncounted(ns).Count == 0)
            return true;
        var counting = _counting.GetOrAdd(ns, static (ns, self) => new Lazy<Task<bool>>(() => self.CountSlotsAsync(ns)), this);
        try
        {
            return await counting.Value.ConfigureAwait(false);
        }
        finally
        {
            _counting.TryRemove(new(ns, counting));
        }
    }

    private async Task<bool> CountSlotsAsync(Namespace ns)
    {
        foreach (var slot in Uncounted(ns))
        {
            using var search = _ids.Begin(ns, slot);
            if (_cluster.RevisionOf(slot) is null)
                continue;
            var (error, entries) = await _log.ReadSlotAsync(ns, slot, LogUnreadable, CancellationToken.None).ConfigureAwait(false);
            if (error != ErrorCode.None)
                return false;
            search.End(entries.Select(static entry => entry.Id).ToHashSet());
        }
        return true;
    }

    private List<int> Uncounted(Namespace ns) =>
        [.. Enumerable.Range(0, ClusterMembership.SlotCount).Where(slot => _cluster.RevisionOf(slot) is not null && !_ids.IsCounted(ns, slot))];

    /// <summary>Makes logs and a group part of a producer's transaction.</summary>
    public async ValueTask<KafkaError> AddAsync(Namespace ns, string id, long producerId, short epoch, IReadOnlyCollection<TopicPartition> partitions, string? group)
    {
        if (Check(ns, id) is var error and not KafkaError.None)
            return error;
        var transaction = Find(ns, id);
        var outcome = await transaction.DecideAsync((state, nowMs) =>
            TransactionMachine.Add(state, producerId, epoch, partitions, group, _options.TransactionMembersMax, nowMs)).ConfigureAwait(false);
        ForgetUnknown(transaction);
        return outcome.Error;
    }

    /// <summary>Commits a producer's transaction, or aborts it. It is decided when this completes, and has reached every log and group unless that takes long.</summary>
    public async ValueTask<KafkaError> EndAsync(Namespace ns, string id, long producerId, short epoch, bool isCommit)
    {
        if (Check(ns, id) is var error and not KafkaError.None)
            return error;
        var transaction = Find(ns, id);
        var (outcome, state) = await DecideAsync().ConfigureAwait(false);
        if (state is { IsPrepared: true })
            await WaitAsync(transaction).ConfigureAwait(false);
        // It was decided before, by a request whose answer was lost, and may be over by now.
        if (outcome == KafkaError.ConcurrentTransactions)
            (outcome, _) = await DecideAsync().ConfigureAwait(false);
        ForgetUnknown(transaction);
        return outcome;

        ValueTask<(KafkaError Error, TransactionState? State)> DecideAsync() =>
            transaction.DecideAsync((present, nowMs) => TransactionMachine.End(present, producerId, epoch, isCommit, nowMs));
    }

    public async ValueTask<(KafkaError Error, TransactionState? State)> DescribeAsync(Namespace ns, string id)
    {
        if (Check(ns, id) is var error and not KafkaError.None)
            return (error, null);
        var transaction = Find(ns, id);
        var (loadError, state) = await transaction.DecideAsync(static (_, _) => KafkaError.None).ConfigureAwait(false);
        ForgetUnknown(transaction);
        return loadError == KafkaError.None && state is null ? (KafkaError.TransactionalIdNotFound, null) : (loadError, state);
    }

    /// <summary>All ids that this gateway coordinates.</summary>
    public async ValueTask<(KafkaError Error, List<TransactionLog.Entry> Entries)> ListAsync(Namespace ns, CancellationToken cancellationToken)
    {
        var entries = new List<TransactionLog.Entry>();
        for (var slot = 0; slot < ClusterMembership.SlotCount; slot++)
        {
            if (_cluster.RevisionOf(slot) is null)
                continue;
            var (error, found) = await _log.ReadSlotAsync(ns, slot, LogUnreadable, cancellationToken).ConfigureAwait(false);
            if (error != ErrorCode.None)
                return (KafkaError.CoordinatorNotAvailable, entries);
            entries.AddRange(found);
        }
        return (KafkaError.None, entries);
    }

    /// <summary>Lets time pass, and takes up what other coordinators left, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TickInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
                await TickAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        foreach (var (_, transaction) in _loaded)
            transaction.Dispose();
    }

    private CoordinatedTransaction Find(Namespace ns, string id) => _loaded.GetOrAdd((ns, id), static (key, self) =>
    {
        var slot = ClusterMembership.SlotOf(key.Item1, key.Item2);
        return new CoordinatedTransaction(key.Item1, key.Item2, slot, self._log, self._markers, () => self.EpochOf(slot), self._time);
    }, this);

    /// <summary>Lease revisions grow one by one, so that they do not outgrow what a marker carries.</summary>
    private int? EpochOf(int slot) => _cluster.RevisionOf(slot) is { } revision ? (int)Math.Min(revision, int.MaxValue) : null;

    private async ValueTask WaitAsync(CoordinatedTransaction transaction)
    {
        try
        {
            await transaction.Ending.WaitAsync(EndingWait, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
    }

    private async ValueTask TickAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (key, transaction) in _loaded)
                await TickAsync(key, transaction).ConfigureAwait(false);
            var interval = _ids.TakeRefused() ? SearchIntervalWhenFull : SearchInterval;
            foreach (var ns in _topics.NamespacesWith(TransactionLog.Topic))
            {
                for (var slot = 0; slot < ClusterMembership.SlotCount; slot++)
                    await TakeUpAsync(ns, slot, interval, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            LogTickFailed(_logger, error);
        }
    }

    private async ValueTask TickAsync((Namespace, string) key, CoordinatedTransaction transaction)
    {
        if (transaction.IsIdle(IdleMax))
        {
            if (_loaded.TryRemove(new(key, transaction)))
                transaction.Dispose();
            return;
        }
        if (transaction.State is not { IsOpen: true } open || (open.IsPrepared && !transaction.Ending.IsCompleted))
            return;
        if (open.IsPrepared || TransactionMachine.Tick(open, _time.GetUtcNow().ToUnixTimeMilliseconds()) is not null)
            await transaction.TickAsync().ConfigureAwait(false);
    }

    /// <summary>A slot that has come to this gateway: what is open there goes on here. From time to time what nobody uses any more goes.</summary>
    private async ValueTask TakeUpAsync(Namespace ns, int slot, TimeSpan interval, CancellationToken cancellationToken)
    {
        if (_cluster.RevisionOf(slot) is not { } revision)
            return;
        if (_searched.TryGetValue((ns, slot), out var last) && last.Revision == revision && _time.GetElapsedTime(last.At) < interval)
            return;
        try
        {
            if (await TakeUpAsync(ns, slot, revision, cancellationToken).ConfigureAwait(false))
                _searched[(ns, slot)] = (revision, _time.GetTimestamp());
        }
        catch (StorageException error)
        {
            LogNotSearched(_logger, slot, error);
        }
    }

    /// <returns>False: it is to be tried again.</returns>
    private async ValueTask<bool> TakeUpAsync(Namespace ns, int slot, long revision, CancellationToken cancellationToken)
    {
        using var search = _ids.Begin(ns, slot);
        if (_cluster.RevisionOf(slot) != revision)
            return false;
        var (error, entries) = await _log.ReadSlotAsync(ns, slot, LogUnreadable, cancellationToken).ConfigureAwait(false);
        if (error != ErrorCode.None)
            return false;
        var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var kept = new HashSet<string>();
        var unused = new List<Offset>();
        foreach (var entry in entries)
        {
            if (entry.State is { IsOpen: true })
                await Find(ns, entry.Id).DecideAsync(static (_, _) => KafkaError.None).ConfigureAwait(false);
            if (IsUnused(ns, entry, nowMs))
                unused.Add(entry.At);
            else
                kept.Add(entry.Id);
        }
        var removed = unused.Count > 0 ? await _log.ForgetAsync(ns, unused).ConfigureAwait(false) : 0;
        return search.End(kept, unused.Count, removed);
    }

    private bool IsUnused(Namespace ns, TransactionLog.Entry entry, long nowMs) =>
        !entry.State!.IsOpen && nowMs - entry.State.ChangedMs > _options.TransactionalIdExpiration.TotalMilliseconds && !_loaded.ContainsKey((ns, entry.Id));

    /// <summary>Ids that do not exist cost nothing, however many are asked for.</summary>
    private void ForgetUnknown(CoordinatedTransaction transaction)
    {
        if (transaction.State is null)
            _loaded.TryRemove(new((transaction.Namespace, transaction.Id), transaction));
    }

    private void Forget(int slot)
    {
        _ids.Forget(slot);
        foreach (var (key, transaction) in _loaded)
        {
            if (transaction.Slot == slot && _loaded.TryRemove(new(key, transaction)))
                transaction.Dispose();
        }
    }

    private void LogUnreadable(Offset at, StorageException error) => LogUnreadable(_logger, at.Value, error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The transactional id stored at offset {At} cannot be read and is not coordinated")]
    private static partial void LogUnreadable(ILogger logger, long at, Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Namespace {Namespace} has as many transactional ids as this gateway takes: a new one is refused")]
    private static partial void LogTooMany(ILogger logger, string @namespace);

    [LoggerMessage(Level = LogLevel.Error, Message = "Time does not pass for transactions; it is tried again")]
    private static partial void LogTickFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Open transactions of slot {Slot} cannot be read; it is tried again")]
    private static partial void LogNotSearched(ILogger logger, int slot, Exception error);
}

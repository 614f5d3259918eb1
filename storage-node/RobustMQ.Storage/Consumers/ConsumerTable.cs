using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Dispatch;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage.Consumers;

/// <summary>
/// The node's consumers by name: creating, changing, finding and removing them. Changes are made one at a time, and stored together by the journal.
/// All calls may be made from any thread; outcomes are <see cref="ErrorCode"/>s.
/// </summary>
public sealed class ConsumerTable : IAsyncDisposable
{
    private const int ListMax = 10_000;

    private readonly ConsumerRegister _consumers;
    private readonly SemaphoreSlim _changes = new(1);
    private readonly ConsumerEnvironment _environment;
    private readonly LogStore _logs;
    private readonly LogLinks _links;
    private readonly StorageOptions _options;
    private readonly BindingPlanner _planner;
    private readonly List<Consumer> _ended = [];
    private bool _drains;

    internal ConsumerTable(ConsumerEnvironment environment, LogStore logs, LogLinks links, LoadedConsumers loaded)
    {
        _environment = environment;
        _logs = logs;
        _links = links;
        _options = environment.Options;
        _consumers = new ConsumerRegister(links);
        Follower = new TopicFollower(environment, _consumers, links, _changes);
        _planner = new BindingPlanner(environment, logs);
        environment.AppendAsync = request => logs.AppendAsync(request);
        environment.Expire = consumer => _ = Task.Run(() => ExpireAsync(consumer));
        foreach (var one in loaded.Consumers)
            Resume(one);
    }

    public int Count => _consumers.Count;

    internal IReadOnlyList<Consumer> All => _consumers.All;

    /// <summary>Told of the node's topics.</summary>
    internal TopicFollower Follower { get; }

    /// <summary><see cref="ErrorCode.AlreadyExists"/> comes with the existing consumer; <see cref="ErrorCode.NotFound"/>: a binding's topic is not there.</summary>
    public async ValueTask<ConsumerResult> CreateAsync(ConsumerSpec spec)
    {
        if (ConsumerRules.Check(spec, _options) is { } wrong)
            return new ConsumerResult(ErrorCode.InvalidArgument, null, wrong);
        await EnsureNamespaceAsync(spec.Consumer.Namespace, spec.Bindings).ConfigureAwait(false);
        if (_environment.Journal.IsUnreadable)
            return Failed(Absent);
        if (_consumers.Find(spec.Consumer) is { } old && old.IsOver(_environment.NowMs))
            await RemoveAsync(old, ErrorCode.NotFound).ConfigureAwait(false);
        Consumer consumer;
        Task<ErrorCode> stored;
        using (await ChangeTurn.EnterAsync(_changes).ConfigureAwait(false))
        {
            if (_drains)
                return Failed(ErrorCode.Unavailable);
            if (Find(spec.Consumer) is { } present)
                return new ConsumerResult(ErrorCode.AlreadyExists, await DescribeAsync(present).ConfigureAwait(false), $"there is a consumer {spec.Consumer}");
            if (Count >= _options.ConsumersMax)
                return new ConsumerResult(ErrorCode.LimitExceeded, null, $"this node keeps {_options.ConsumersMax} consumers at most");
            consumer = new Consumer(
                _environment, new ConsumerMachine(spec, _options.ConsumerPendingMax), revision: 1, _environment.NowMs, JournalKeys.OfConsumer(spec.Consumer));
            var (error, message, plan) = await _planner.PlanAsync(consumer, spec.Bindings).ConfigureAwait(false);
            if (error != ErrorCode.None)
                return new ConsumerResult(error, null, message);
            Attach(consumer, plan);
            _consumers.Put(consumer);
            stored = _environment.Journal.StoreAsync(consumer);
        }
        if (await stored.ConfigureAwait(false) is var failure and not ErrorCode.None)
        {
            await RemoveAsync(consumer, ErrorCode.NotFound).ConfigureAwait(false);
            return Failed(failure);
        }
        consumer.Schedule();
        return new ConsumerResult(ErrorCode.None, await DescribeAsync(consumer).ConfigureAwait(false));
    }

    /// <param name="expectedRevision">0: whatever it is.</param>
    public async ValueTask<ConsumerResult> UpdateAsync(ConsumerSpec spec, long expectedRevision = 0)
    {
        if (ConsumerRules.Check(spec, _options) is { } wrong)
            return new ConsumerResult(ErrorCode.InvalidArgument, null, wrong);
        await EnsureNamespaceAsync(spec.Consumer.Namespace, spec.Bindings).ConfigureAwait(false);
        Consumer consumer;
        using (await ChangeTurn.EnterAsync(_changes).ConfigureAwait(false))
        {
            if (Find(spec.Consumer) is not { } found)
                return Failed(Absent);
            consumer = found;
            if (expectedRevision != 0 && expectedRevision != consumer.Revision)
                return new ConsumerResult(ErrorCode.RevisionMismatch, null, $"the consumer has revision {consumer.Revision}");
            var before = consumer.Spec;
            if (ConsumerRules.CheckChange(before, spec, consumer.Read(static machine => machine.Members.Members.Length > 0)) is { } cannot)
                return new ConsumerResult(ErrorCode.InvalidArgument, null, cannot);
            var added = spec.Bindings.Where(binding => !before.Bindings.Any(other => IsSame(binding, other))).ToList();
            var removed = before.Bindings.Where(binding => !spec.Bindings.Any(other => IsSame(binding, other))).Select(static binding => binding.Id).ToHashSet();
            if (await ChangeBindingsAsync(consumer, spec, removed, added).ConfigureAwait(false) is { Error: not ErrorCode.None } refusal)
                return refusal;
        }
        if (await consumer.StoreAsync().ConfigureAwait(false) is var failure and not ErrorCode.None)
            return Failed(failure);
        return new ConsumerResult(ErrorCode.None, await DescribeAsync(consumer).ConfigureAwait(false));
    }

    /// <summary>Adds and removes single bindings.</summary>
    public async ValueTask<ErrorCode> BindAsync(BindingChange change)
    {
        if (ConsumerRules.Check(change.Add, _options) is not null)
            return ErrorCode.InvalidArgument;
        await EnsureNamespaceAsync(change.Consumer.Namespace, change.Add).ConfigureAwait(false);
        Consumer consumer;
        using (await ChangeTurn.EnterAsync(_changes).ConfigureAwait(false))
        {
            if (Find(change.Consumer) is not { } found)
                return Absent;
            consumer = found;
            var before = consumer.Spec;
            var kept = before.Bindings.Where(binding => !change.Remove.Contains(binding.Id)).ToList();
            if (kept.Exists(binding => change.Add.Any(other => other.Id == binding.Id)))
                return ErrorCode.AlreadyExists;
            if (kept.Count + change.Add.Count > _options.ConsumerBindingsMax)
                return ErrorCode.LimitExceeded;
            var removed = before.Bindings.Where(binding => change.Remove.Contains(binding.Id)).Select(static binding => binding.Id).ToHashSet();
            var refusal = await ChangeBindingsAsync(consumer, before with { Bindings = [.. kept, .. change.Add] }, removed, change.Add).ConfigureAwait(false);
            if (refusal.Error != ErrorCode.None)
                return refusal.Error;
        }
        if (consumer.Spec.Backlog is not null)
            await WaitingCount.RunAsync(consumer).ConfigureAwait(false);
        return await consumer.StoreAsync().ConfigureAwait(false);
    }

    public async ValueTask<ConsumerRemoval> DeleteAsync(ConsumerDelete request)
    {
        if (Find(request.Consumer) is not { } consumer)
            return new ConsumerRemoval(Absent, 0);
        var state = await DescribeAsync(consumer).ConfigureAwait(false);
        if (request.ExpectedRevision != 0 && request.ExpectedRevision != state.Revision)
            return new ConsumerRemoval(ErrorCode.RevisionMismatch, 0);
        if (request.IfUnused && state.Members.Count > 0)
            return new ConsumerRemoval(ErrorCode.LeaseHeld, 0);
        if (request.IfEmpty && state.Waiting > 0)
            return new ConsumerRemoval(ErrorCode.LimitExceeded, 0);
        return new ConsumerRemoval(await RemoveAsync(consumer, ErrorCode.NotFound).ConfigureAwait(false), state.Waiting);
    }

    public async ValueTask<ConsumerResult> GetAsync(ConsumerRef consumer) =>
        Find(consumer) is { } found ? new ConsumerResult(ErrorCode.None, await DescribeAsync(found).ConfigureAwait(false)) : Failed(Absent);

    public async ValueTask<IReadOnlyList<ConsumerState>> ListAsync(ConsumerQuery query)
    {
        if (_environment.Journal.IsUnreadable)
            throw new StorageException(Absent, "the node's consumers cannot be read");
        var wanted = new List<Consumer>();
        var nowMs = _environment.NowMs;
        foreach (var consumer in All)
        {
            if (!consumer.IsOver(nowMs) && (query.Namespace is null || consumer.Ref.Namespace == query.Namespace)
                && consumer.Ref.Name.StartsWith(query.NamePrefix, StringComparison.Ordinal)
                && (query.After is not { } after || Compare(consumer.Ref, after) > 0)
                && (query.Topic is not { } topic || consumer.Links.Exists(link => link.Partition.Name.Topic == topic)))
                wanted.Add(consumer);
        }
        wanted.Sort(static (left, right) => Compare(left.Ref, right.Ref));
        var states = new List<ConsumerState>();
        foreach (var consumer in wanted.Take(Math.Clamp(query.Limit, 1, ListMax)))
            states.Add(await DescribeAsync(consumer).ConfigureAwait(false));
        return states;
    }

    /// <summary>Forgets what is pending and begins again at a start, for all bindings.</summary>
    public async ValueTask<ConsumerResult> ResetAsync(ConsumerRef name, ConsumerStart start)
    {
        if (!Enum.IsDefined(start.Policy) || start.Offset.Value < 0)
            return Failed(ErrorCode.InvalidArgument);
        Consumer consumer;
        using (await ChangeTurn.EnterAsync(_changes).ConfigureAwait(false))
        {
            if (Find(name) is not { } found)
                return Failed(Absent);
            consumer = found;
            try
            {
                foreach (var link in consumer.Links)
                    await RestartAsync(consumer, link, start).ConfigureAwait(false);
            }
            catch (StorageException failure)
            {
                return new ConsumerResult(failure.Code, null, failure.Message);
            }
            consumer.Change(static _ => 0, isSpec: true);
        }
        if (await consumer.StoreAsync().ConfigureAwait(false) is var error and not ErrorCode.None)
            return Failed(error);
        return new ConsumerResult(ErrorCode.None, await DescribeAsync(consumer).ConfigureAwait(false));
    }

    /// <summary>Drops everything that waits.</summary>
    public async ValueTask<ConsumerRemoval> PurgeAsync(ConsumerRef name)
    {
        if (Find(name) is not { } consumer)
            return new ConsumerRemoval(Absent, 0);
        await CountAsync(consumer).ConfigureAwait(false);
        var links = consumer.Links.ToDictionary(static link => link.Progress);
        // What was pushed while a batch is still being matched is dropped with the others.
        var records = consumer.Change(machine => machine.Purge(log => links.TryGetValue(log, out var link) ? Math.Max(link.Dispatch.Matched, log.IsLive ? log.KnownTo : 0) : 0));
        var error = await consumer.StoreAsync().ConfigureAwait(false);
        foreach (var link in links.Values)
            link.Dispatch.Retention.Sweep();
        return new ConsumerRemoval(error, records);
    }

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default) =>
        _drains ? new(FetchResult.Failed(ErrorCode.Unavailable))
        : Find(request.Consumer) is { } consumer ? consumer.FetchAsync(request, null, cancellationToken)
        : new(FetchResult.Failed(Absent));

    /// <summary>Stored when it completes, as durably as the consumer's answers are.</summary>
    /// <param name="mayBlock">As <see cref="Records.Logs.AppendRequest.MayBlock"/>.</param>
    public ValueTask<ErrorCode> AcknowledgeAsync(ConsumerRef name, ReadOnlyMemory<Acknowledgement> answers, bool mayBlock = false)
    {
        if (Find(name) is not { } consumer)
            return new(Absent);
        consumer.Answer(null, answers.Span);
        return consumer.StoreAnswersAsync(mayBlock);
    }

    public (ErrorCode Error, ConsumerMembership? Member) Join(ConsumerJoin join, IMemberReceiver receiver)
    {
        if (!ConsumerRules.IsValid(join))
            return (ErrorCode.InvalidArgument, null);
        if (_drains)
            return (ErrorCode.Unavailable, null);
        return Find(join.Consumer) is { } consumer ? consumer.Join(join, receiver) : (Absent, null);
    }

    /// <summary>Tells members that the node goes, and stores what is not stored yet.</summary>
    public async ValueTask DisposeAsync()
    {
        using (await ChangeTurn.EnterAsync(_changes).ConfigureAwait(false))
            _drains = true;
        foreach (var consumer in All)
        {
            await consumer.DrainAsync().ConfigureAwait(false);
            if (consumer.Read(static machine => machine.HasUnstored))
                _ = _environment.Journal.StoreAsync(consumer);
        }
        await _environment.Clock.DisposeAsync().ConfigureAwait(false);
    }

    private static ConsumerResult Failed(ErrorCode error) => new(error, null);

    private static bool IsSame(ConsumerBinding left, ConsumerBinding right) =>
        left.Id == right.Id && left.Topic == right.Topic && left.Filters.SequenceEqual(right.Filters);

    private static int Compare(ConsumerRef left, ConsumerRef right)
    {
        var byNamespace = string.CompareOrdinal(left.Namespace.Value, right.Namespace.Value);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(left.Name, right.Name);
    }

    /// <summary>What a consumer that is not found is refused with: where consumers cannot be read nobody knows that it is not there.</summary>
    private ErrorCode Absent => _environment.Journal.IsUnreadable ? ErrorCode.DiskFailure : ErrorCode.NotFound;

    private Consumer? Find(ConsumerRef name) => _consumers.Find(name) is { } consumer && !consumer.IsOver(_environment.NowMs) ? consumer : null;

    private async ValueTask EnsureNamespaceAsync(Namespace ns, IReadOnlyList<ConsumerBinding> bindings)
    {
        // Before the changes' turn: a new topic comes back here to be followed.
        if (bindings.Any(static binding => binding.Topic is null || binding.Topic.Value.IsInternal))
            await _environment.Topics.EnsureNamespaceAsync(ns).ConfigureAwait(false);
    }

    private static async ValueTask<ConsumerState> DescribeAsync(Consumer consumer)
    {
        foreach (var link in consumer.Links)
        {
            if (link.Partition.Log.StartOffset.Value > consumer.Read(_ => link.Progress.Position))
                consumer.OnRemoved(link, areSingle: false);
        }
        await CountAsync(consumer).ConfigureAwait(false);
        return consumer.Describe();
    }

    /// <summary>Afterwards what waits is counted, with everything that was acknowledged to its publisher before the call.</summary>
    private static async ValueTask CountAsync(Consumer consumer)
    {
        foreach (var link in consumer.Links)
            await link.Dispatch.CaughtUpAsync().ConfigureAwait(false);
        await WaitingCount.RunAsync(consumer).ConfigureAwait(false);
    }

    private void Attach(Consumer consumer, List<BindingPlacement> plan)
    {
        foreach (var placement in plan)
            _links.Attach(consumer, placement.Partition, placement.Bindings);
    }

    private async ValueTask<ConsumerResult> ChangeBindingsAsync(Consumer consumer, ConsumerSpec spec, HashSet<int> removed, IReadOnlyList<ConsumerBinding> added)
    {
        var (error, message, plan) = await _planner.PlanAsync(consumer, added).ConfigureAwait(false);
        if (error != ErrorCode.None)
            return new ConsumerResult(error, null, message);
        var refused = consumer.RefusesAppends;
        LogLinks.End(consumer, removed);
        Attach(consumer, plan);
        consumer.Change(
            machine =>
            {
                // What is known to wait carries the time to live that was.
                if (machine.Spec.RecordTtl != spec.RecordTtl)
                {
                    foreach (var log in machine.Logs)
                        log.ForgetReady();
                }
                machine.Spec = spec;
                return 0;
            },
            isSpec: true);
        if (refused != consumer.RefusesAppends)
        {
            foreach (var link in consumer.Links)
                link.Dispatch.ChangeRefusing(refused ? -1 : 1);
        }
        if (removed.Count > 0)
        {
            foreach (var link in consumer.Links)
                link.Dispatch.Retention.OnInterestLost();
        }
        _consumers.Put(consumer);
        return new ConsumerResult(ErrorCode.None, null);
    }

    private async ValueTask RestartAsync(Consumer consumer, LogLink link, ConsumerStart start)
    {
        var filters = consumer.Read(_ => ReadyFill.FiltersOf(link.Progress));
        var point = await StartPoint.FindAsync(_logs, link.Partition, start, filters, _options.ConsumerPendingMax).ConfigureAwait(false);
        link.Dispatch.WhileStill(0, (_, matched) => consumer.Change(machine =>
        {
            machine.Restart(link.Progress, Math.Clamp(point.From, Math.Min(link.Partition.Log.StartOffset.Value, matched), matched));
            foreach (var single in point.Singles)
                machine.AddWaiting(link.Progress, single.Offset, single.Priority, single.Bytes);
            return 0;
        }));
    }

    private async ValueTask<ErrorCode> RemoveAsync(Consumer consumer, ErrorCode reason)
    {
        Task<ErrorCode> stored;
        using (await ChangeTurn.EnterAsync(_changes).ConfigureAwait(false))
        {
            if (!_consumers.TryEnd(consumer, reason))
                return ErrorCode.NotFound;
            // Its end is queued before another consumer of that name can be.
            stored = _environment.Journal.StoreAsync(consumer);
        }
        return await stored.ConfigureAwait(false);
    }

    private async Task ExpireAsync(Consumer consumer)
    {
        if (consumer.Read(static machine => machine.Members.Members.Length + machine.Members.Fetches.Length) == 0)
            await RemoveAsync(consumer, ErrorCode.NotFound).ConfigureAwait(false);
    }

    private void Resume(LoadedConsumer loaded)
    {
        loaded.Machine.Loaded();
        var consumer = new Consumer(_environment, loaded.Machine, loaded.Revision, loaded.CreatedMs, loaded.Key);
        _environment.Journal.Loaded(consumer, loaded.SnapshotOffset, loaded.SnapshotBytes);
        foreach (var progress in loaded.Machine.Logs)
        {
            // A log that is there and cannot be opened keeps its consumers.
            if (progress.IsGone || _links.Resume(consumer, progress) || _environment.Logs.Knows(new LogId(progress.Topic, progress.Name.Partition)))
                continue;
            TopicFollower.Lose(consumer, progress);
            if (TopicFollower.HasEnded(consumer))
                _ended.Add(consumer);
        }
        _consumers.Put(consumer);
    }

    /// <summary>Goes on where the last start ended: topics that came or grew just before it ended are read, what is due is done.</summary>
    internal async Task BeginAsync()
    {
        foreach (var topic in await _environment.Topics.ListAsync(null, includeInternal: true).ConfigureAwait(false))
            await Follower.FollowAsync(topic, isNew: false).ConfigureAwait(false);
        // Their topics went before the last start ended, and they were to go with them.
        foreach (var consumer in _ended)
            await RemoveAsync(consumer, ErrorCode.NotFound).ConfigureAwait(false);
        _ended.Clear();
        foreach (var consumer in All)
        {
            if (consumer.Spec.Backlog is not null)
                await WaitingCount.RunAsync(consumer).ConfigureAwait(false);
            consumer.Schedule();
        }
    }
}

using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Kafka.Gateway.Groups.Consumers;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>The groups that this gateway coordinates, because it holds the slot that they belong to.</summary>
internal sealed partial class GroupCoordinator
{
    private const int NameBytesMax = 512;

    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>A group without members is forgotten after this long; its offsets are in the storage.</summary>
    private static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(1);

    /// <summary>The same where there are nearly as many as there may be.</summary>
    private static readonly TimeSpan IdleMaxWhenFull = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(Namespace, string), CoordinatedGroup> _groups = new();
    private readonly ClusterMembership _cluster;
    private readonly IConsumerClient _consumers;
    private readonly TopicDirectory _topics;
    private readonly GroupLimits _limits;
    private readonly int _groupsMax;
    private readonly long _memberBytesMax;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private long _memberBytes;

    public GroupCoordinator(ClusterMembership cluster, IConsumerClient consumers, TopicDirectory topics, KafkaOptions options, TimeProvider time, ILogger<GroupCoordinator> logger)
    {
        _cluster = cluster;
        _consumers = consumers;
        _topics = topics;
        _time = time;
        _logger = logger;
        _limits = new GroupLimits(options.GroupSessionTimeoutMin, options.GroupSessionTimeoutMax, options.GroupInitialDelay, options.GroupMembersMax, options.ConsumerSessionTimeout);
        (_groupsMax, _memberBytesMax) = (options.GroupsMax, options.GroupMemoryBytes);
        cluster.SlotLost += Forget;
    }

    public int MemberCount
    {
        get
        {
            var count = 0;
            foreach (var (_, group) in _groups)
                group.Read(machine => count += machine.Members.Count + machine.Consumers.Members.Count);
            return count;
        }
    }

    public static bool IsName(string name) => name.Length > 0 && Encoding.UTF8.GetByteCount(name) <= NameBytesMax;

    /// <summary>Why this gateway cannot speak for a group.</summary>
    public KafkaError Check(Namespace ns, string name)
    {
        if (!IsName(name))
            return KafkaError.InvalidGroupId;
        return _cluster.Coordinates(ns, name) ? KafkaError.None : KafkaError.NotCoordinator;
    }

    /// <summary>
    /// Before a group hears what is kept of a member: its request's bytes must fit in beside those of all members of all groups. They count until the next tick, which counts what was kept.
    /// </summary>
    public KafkaError Admit(long bytes)
    {
        if (Volatile.Read(ref _memberBytes) + bytes > _memberBytesMax)
            return KafkaError.GroupMaxSizeReached;
        Interlocked.Add(ref _memberBytes, bytes);
        return KafkaError.None;
    }

    public async ValueTask<(KafkaError Error, CoordinatedGroup? Group)> FindAsync(Namespace ns, string name)
    {
        var error = Check(ns, name);
        if (error != KafkaError.None)
            return (error, null);
        if (!_groups.TryGetValue((ns, name), out var group) && _groups.Count >= _groupsMax)
            return (KafkaError.PolicyViolation, null);
        var isNew = group is null;
        group ??= _groups.GetOrAdd((ns, name), static (key, self) => new CoordinatedGroup(key.Item1, key.Item2, self._limits, self._consumers, new NamespaceTopics(self._topics, key.Item1), self._time), this);
        error = await group.LoadAsync().ConfigureAwait(false);
        // The slot may have gone in between, and with it the groups that were there then: one that is found when it comes back would not know what has happened since.
        if (isNew && !_cluster.Coordinates(ns, name))
        {
            _groups.TryRemove(new KeyValuePair<(Namespace, string), CoordinatedGroup>((ns, name), group));
            group.Close();
            error = KafkaError.NotCoordinator;
        }
        return error == KafkaError.None ? (error, group) : (error, null);
    }

    /// <summary>A group that has members now, or had some a moment ago. Null: it lives in the storage only, or not at all.</summary>
    public CoordinatedGroup? FindLoaded(Namespace ns, string name) => _groups.GetValueOrDefault((ns, name));

    public IEnumerable<CoordinatedGroup> Loaded(Namespace ns) => _groups.Where(entry => entry.Key.Item1 == ns).Select(static entry => entry.Value);

    /// <summary>Asks a group something that it answers at once.</summary>
    public async ValueTask<KafkaError> AskAsync(Namespace ns, string name, Func<GroupMachine, DateTimeOffset, KafkaError> question)
    {
        var (error, group) = await FindAsync(ns, name).ConfigureAwait(false);
        return group is null ? error : await group.AskAsync(question).ConfigureAwait(false);
    }

    /// <summary>Lets time pass for all groups until cancelled. A group that waits for the storage-node holds no other up.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TickInterval, _time);
        var ticks = new Dictionary<CoordinatedGroup, Task>();
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                var idleMax = _groups.Count < _groupsMax - (_groupsMax / 4) ? IdleMax : IdleMaxWhenFull;
                var memberBytes = 0L;
                foreach (var (key, group) in _groups)
                {
                    group.Read(machine => memberBytes += machine.Bytes);
                    if (!ticks.TryGetValue(group, out var last) || last.IsCompleted)
                        ticks[group] = TickAsync(key, group, idleMax);
                }
                Volatile.Write(ref _memberBytes, memberBytes);
                foreach (var (group, tick) in ticks)
                {
                    if (tick.IsCompleted)
                        ticks.Remove(group);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task TickAsync((Namespace, string) key, CoordinatedGroup group, TimeSpan idleMax)
    {
        try
        {
            if (!await group.TickAsync(idleMax).ConfigureAwait(false))
                _groups.TryRemove(new KeyValuePair<(Namespace, string), CoordinatedGroup>(key, group));
        }
        catch (Exception error)
        {
            LogTickFailed(_logger, group.Name, error);
        }
    }

    private void Forget(int slot)
    {
        foreach (var (key, group) in _groups)
        {
            if (ClusterMembership.SlotOf(key.Item1, key.Item2) != slot)
                continue;
            _groups.TryRemove(key, out _);
            group.Close();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Time does not pass for group {Group}; it is tried again")]
    private static partial void LogTickFailed(ILogger logger, string group, Exception error);
}

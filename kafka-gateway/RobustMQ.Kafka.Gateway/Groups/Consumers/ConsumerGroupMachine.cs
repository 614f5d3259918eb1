using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Groups.Consumers;

/// <summary>
/// The consumer group protocol (KIP-848) of one group, as decisions only: every heartbeat is answered at once. No clock, no I/O, no lock: whoever drives it owns all three.
/// </summary>
/// <remarks>
/// Whenever members, their subscriptions or the topics change, the group's epoch rises and the partitions are shared out anew: the target. Each member is brought there at its
/// own heartbeats: first it gives up what the target takes from it and says so, then it comes into the target's epoch and is given what nobody holds any more. So a partition
/// never has two readers, and a member whose share does not change notices nothing.
/// </remarks>
/// <param name="nextEpoch">Raises the group's epoch.</param>
internal sealed class ConsumerGroupMachine(GroupLimits limits, ITopicShapes topics, Func<int> nextEpoch, Func<string> newId)
{
    private readonly Dictionary<string, ConsumerMember> _members = new(StringComparer.Ordinal);
    private long _topicsVersion = -1;

    public IReadOnlyCollection<ConsumerMember> Members => _members.Values;

    public bool IsEmpty => _members.Count == 0;

    /// <summary>Of memory that members' words about themselves take, roughly.</summary>
    public long Bytes => _members.Values.Sum(static member => member.Bytes);

    /// <summary>Of the group, and of the target, which is computed with it.</summary>
    public int Epoch { get; private set; }

    public string Assignor { get; private set; } = Assignors.Uniform;

    /// <summary>As ConsumerGroupDescribe shows it.</summary>
    public string State => IsEmpty ? "Empty" : _members.Values.All(member => member.Epoch == Epoch && member.Revoking.Count == 0 && member.Assigned.SetEquals(member.Target)) ? "Stable" : "Reconciling";

    public IEnumerable<TopicShape> TopicsOf(ConsumerMember member)
    {
        var named = member.Topics.Select(topics.Find).OfType<TopicShape>();
        return (member.Expression is { } expression ? named.Concat(topics.Matching(expression)) : named).DistinctBy(static topic => topic.Id);
    }

    public ConsumerOutcome Heartbeat(ConsumerIntent intent, DateTimeOffset now)
    {
        if (intent.Assignor is { } assignor && !Assignors.IsKnown(assignor))
            return new ConsumerOutcome(KafkaError.UnsupportedAssignor, intent.MemberId);
        if (intent.Epoch is ConsumerIntent.Leaves or ConsumerIntent.LeavesForAMoment)
            return Leave(intent, now);
        var error = intent.Epoch == ConsumerIntent.Joins ? Join(intent, out var member, out var isNew) : Find(intent, out member, out isNew);
        if (error != KafkaError.None)
            return new ConsumerOutcome(error, intent.MemberId);
        member!.AliveUntil = now + limits.ConsumerSession;
        if (Update(member, intent) || isNew)
            ShareOut();
        var hasChanged = Reconcile(member, intent.Owned, now);
        return new ConsumerOutcome(KafkaError.None, member.Id, member.Epoch, hasChanged || intent.IsFull ? member.Assigned : null);
    }

    /// <summary>Whether a member may commit or read offsets. Without a member it is a reader outside of the group, which an empty group allows.</summary>
    public KafkaError Check(string memberId, int epoch)
    {
        if (!_members.TryGetValue(memberId, out var member))
            return KafkaError.UnknownMemberId;
        return member.Epoch == epoch ? KafkaError.None : KafkaError.StaleMemberEpoch;
    }

    /// <summary>Lets time pass: silent members go, and those that do not give up what was taken from them; topics that have changed are shared out.</summary>
    public void Tick(DateTimeOffset now)
    {
        if (IsEmpty)
            return;
        var gone = _members.Values.Where(member => member.AliveUntil <= now || member.RevokedBy <= now).ToList();
        foreach (var member in gone)
            _members.Remove(member.Id);
        if (gone.Count > 0)
        {
            ShareOut();
        }
        else if (topics.Version is var version && version != _topicsVersion)
        {
            _topicsVersion = version;
            if (_members.Values.Any(static member => member.Expression is not null) || !TargetCovers())
                ShareOut();
        }
    }

    public void Clear() => _members.Clear();

    private KafkaError Join(ConsumerIntent intent, out ConsumerMember? member, out bool isNew)
    {
        isNew = false;
        member = intent.InstanceId is { } instance ? FindInstance(instance) : _members.GetValueOrDefault(intent.MemberId);
        // The id of one member is no other's.
        if (_members.TryGetValue(intent.MemberId, out var known) && known != member)
            return KafkaError.FencedInstanceId;
        if (member is not null && intent.InstanceId is not null && member.Id != intent.MemberId)
        {
            if (!member.IsAway)
                return KafkaError.UnreleasedInstanceId;
            // It is back under a new id, and reads on what it has read.
            _members.Remove(member.Id);
            member.Id = intent.MemberId.Length > 0 ? intent.MemberId : newId();
            _members.Add(member.Id, member);
        }
        if (member is not null)
        {
            member.IsAway = false;
            (member.Epoch, member.PreviousEpoch) = (0, 0);
            return KafkaError.None;
        }
        if (_members.Count >= limits.MembersMax)
            return KafkaError.GroupMaxSizeReached;
        if (intent is { Topics: null, Expression: null })
            return KafkaError.InvalidRequest;
        isNew = true;
        member = new ConsumerMember { Id = intent.MemberId.Length > 0 ? intent.MemberId : newId(), InstanceId = intent.InstanceId };
        _members.Add(member.Id, member);
        return KafkaError.None;
    }

    private KafkaError Find(ConsumerIntent intent, out ConsumerMember? member, out bool isNew)
    {
        isNew = false;
        member = intent.InstanceId is { } instance ? FindInstance(instance) : _members.GetValueOrDefault(intent.MemberId);
        if (member is null)
            return KafkaError.UnknownMemberId;
        if (member.Id != intent.MemberId)
            return KafkaError.FencedInstanceId;
        if (intent.Epoch == member.Epoch)
            return KafkaError.None;
        // The answer that raised its epoch was lost: as long as it reads nothing that it was not given, it is told again.
        return intent.Epoch == member.PreviousEpoch && intent.Owned is { } owned && owned.IsSubsetOf(member.Assigned) ? KafkaError.None : KafkaError.FencedMemberEpoch;
    }

    private ConsumerOutcome Leave(ConsumerIntent intent, DateTimeOffset now)
    {
        var member = intent.InstanceId is { } instance ? FindInstance(instance) : _members.GetValueOrDefault(intent.MemberId);
        if (member is null)
            return new ConsumerOutcome(KafkaError.UnknownMemberId, intent.MemberId);
        if (member.Id != intent.MemberId)
            return new ConsumerOutcome(KafkaError.FencedInstanceId, intent.MemberId);
        if (intent.Epoch == ConsumerIntent.LeavesForAMoment && member.InstanceId is not null)
        {
            (member.IsAway, member.AliveUntil, member.RevokedBy) = (true, now + limits.ConsumerSession, null);
            // It reads nothing now: what it had to give up is free.
            member.Revoking = [];
        }
        else
        {
            _members.Remove(member.Id);
            if (!IsEmpty)
                ShareOut();
        }
        return new ConsumerOutcome(KafkaError.None, intent.MemberId, intent.Epoch);
    }

    /// <returns>The partitions have to be shared out anew.</returns>
    private static bool Update(ConsumerMember member, ConsumerIntent intent)
    {
        member.ClientId = intent.ClientId;
        member.ClientHost = intent.ClientHost;
        member.RackId = intent.RackId ?? member.RackId;
        member.RebalanceTimeout = intent.RebalanceTimeout ?? member.RebalanceTimeout;
        var hasChanged = false;
        if (intent.Topics is { } names && !names.ToHashSet(StringComparer.Ordinal).SetEquals(member.Topics))
            (member.Topics, hasChanged) = (names, true);
        if (intent.ClearsExpression && member.Expression is not null)
            (member.Expression, hasChanged) = (null, true);
        if (intent.Expression is { } expression && expression.ToString() != member.Expression?.ToString())
            (member.Expression, hasChanged) = (expression, true);
        if (intent.Assignor is { } assignor && assignor != member.Assignor)
            (member.Assignor, hasChanged) = (assignor, true);
        return hasChanged;
    }

    private void ShareOut()
    {
        _topicsVersion = topics.Version;
        Epoch = nextEpoch();
        var votes = _members.Values.Select(static member => member.Assignor).OfType<string>().CountBy(static name => name).OrderByDescending(static vote => vote.Value).ThenByDescending(static vote => vote.Key);
        Assignor = votes.Select(static vote => vote.Key).FirstOrDefault() ?? Assignors.Uniform;
        var members = _members.Values.OrderBy(static member => member.Id, StringComparer.Ordinal).ToList();
        var subscriptions = members.ToDictionary(static member => member.Id, member => (IReadOnlyList<TopicShape>)[.. TopicsOf(member)], StringComparer.Ordinal);
        foreach (var (id, share) in Assignors.Assign(Assignor, members, subscriptions))
            _members[id].Target = share;
    }

    /// <summary>Every partition of every subscribed topic is somebody's target, and none that is gone is.</summary>
    private bool TargetCovers()
    {
        var wanted = _members.Values.SelectMany(TopicsOf).DistinctBy(static topic => topic.Id)
            .SelectMany(static topic => Enumerable.Range(0, topic.Partitions).Select(index => new MemberPartition(topic.Id, index))).ToHashSet();
        return wanted.SetEquals(_members.Values.SelectMany(static member => member.Target));
    }

    /// <summary>Brings a member one step nearer to its target.</summary>
    /// <param name="owned">What it says it reads; null: it does not say.</param>
    /// <returns>What it may read has changed.</returns>
    private bool Reconcile(ConsumerMember member, IReadOnlySet<MemberPartition>? owned, DateTimeOffset now)
    {
        if (member.Revoking.Count > 0)
        {
            if (owned is null || owned.Overlaps(member.Revoking))
                return false;
            (member.Revoking, member.RevokedBy) = ([], null);
        }
        var taken = member.Assigned.Where(partition => !member.Target.Contains(partition)).ToHashSet();
        if (taken.Count > 0)
        {
            member.Assigned = [.. member.Assigned.Where(member.Target.Contains)];
            if (owned is null || owned.Overlaps(taken))
            {
                (member.Revoking, member.RevokedBy) = (taken, now + member.RebalanceTimeout);
                return true;
            }
        }
        if (member.Epoch != Epoch)
            (member.PreviousEpoch, member.Epoch) = (member.Epoch, Epoch);
        var given = member.Target.Where(partition => !member.Assigned.Contains(partition) && IsFree(partition, member)).ToList();
        if (given.Count > 0)
            member.Assigned = [.. member.Assigned, .. given];
        return taken.Count > 0 || given.Count > 0;
    }

    private bool IsFree(MemberPartition partition, ConsumerMember forWhom)
    {
        foreach (var (_, member) in _members)
        {
            if (member != forWhom && member.Holds(partition))
                return false;
        }
        return true;
    }

    private ConsumerMember? FindInstance(string instanceId) => _members.Values.FirstOrDefault(member => member.InstanceId == instanceId);
}

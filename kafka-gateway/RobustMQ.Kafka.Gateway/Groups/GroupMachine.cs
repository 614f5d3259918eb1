using RobustMQ.Kafka.Gateway.Groups.Consumers;
using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>
/// The classic group protocol of one group, as decisions only: what comes in is answered at once or later through <see cref="Effects"/>, and what time does is told by
/// <see cref="Tick"/>. No clock, no I/O, no lock: whoever drives it owns all three.
/// </summary>
/// <remarks>
/// A rebalance has two halves. Joins gather until every known member has joined or the rebalance timeout has passed; then a generation begins and the leader is told all
/// members. Syncs gather until the leader has said who reads what. Heartbeats tell members to join again when a new rebalance has begun.
/// </remarks>
/// <param name="generation">The last one that the group has had, wherever it was coordinated.</param>
internal sealed class GroupMachine(GroupLimits limits, ITopicShapes topics, int generation, Func<string> newId)
{
    /// <summary>Ways of sharing out that one member may name: each is compared with those of every other.</summary>
    private const int ProtocolsMax = 64;

    private readonly GroupRoster _roster = new();
    private ConsumerGroupMachine? _consumers;
    private DateTimeOffset _phaseEnds;
    private DateTimeOffset _initialDelayEnds;

    public GroupPhase Phase { get; private set; }

    public int Generation { get; private set; } = Math.Max(0, generation);

    /// <summary>Set by the first member; stays while there are members.</summary>
    public string? ProtocolType { get; private set; }

    public string? Protocol { get; private set; }

    public string? Leader { get; private set; }

    public IReadOnlyCollection<GroupMember> Members => _roster.Members;

    /// <summary>The group's members by the newer protocol; it has members of one protocol only. Both count generations (there: epochs) by the same number.</summary>
    public ConsumerGroupMachine Consumers => _consumers ??= new ConsumerGroupMachine(limits, topics, () => ++Generation, newId);

    /// <summary>Of memory that members' words about themselves take, roughly.</summary>
    public long Bytes => _roster.Bytes + Consumers.Bytes;

    /// <summary>Nobody is in it, or about to be.</summary>
    public bool IsIdle => _roster.IsEmpty && Consumers.IsEmpty;

    /// <summary>What was decided since the list was last cleared, by its owner.</summary>
    public List<GroupEffect> Effects { get; } = [];

    public void Join(JoinIntent intent, DateTimeOffset now)
    {
        if (FindRefusal(intent) is { } refusal)
        {
            Answer(intent.Ticket, new JoinOutcome(refusal, intent.MemberId));
            return;
        }
        if (intent.InstanceId is { } instanceId && _roster.FindInstance(instanceId) is { } known)
            JoinAgainAsInstance(intent, known, now);
        else if (intent.MemberId.Length == 0 || _roster.IsExpected(intent.MemberId))
            JoinAsNew(intent, now);
        else if (_roster.Find(intent.MemberId) is { } member)
            JoinAgain(intent, member, now);
        else
            Answer(intent.Ticket, new JoinOutcome(KafkaError.UnknownMemberId, intent.MemberId));
    }

    public void Sync(SyncIntent intent, DateTimeOffset now)
    {
        var error = Check(intent.MemberId, intent.InstanceId, intent.Generation, out var member);
        if (error == KafkaError.None && ((intent.ProtocolType is { } type && type != ProtocolType) || (intent.Protocol is { } protocol && protocol != Protocol)))
            error = KafkaError.InconsistentGroupProtocol;
        if (error == KafkaError.None && Phase == GroupPhase.PreparingRebalance)
            error = KafkaError.RebalanceInProgress;
        if (error != KafkaError.None)
        {
            Effects.Add(new GroupEffect(intent.Ticket, null, new SyncOutcome(error)));
            return;
        }
        KeepAlive(member!, now);
        member!.OwesSync = false;
        if (member.Syncing is { } earlier)
            Effects.Add(new GroupEffect(earlier, null, new SyncOutcome(KafkaError.RebalanceInProgress)));
        member.Syncing = intent.Ticket;
        if (Phase == GroupPhase.CompletingRebalance && member.Id == Leader)
            Assign(intent.Assignments);
        if (Phase == GroupPhase.Stable)
            AnswerSyncs(KafkaError.None, now);
    }

    /// <summary>A heartbeat of the newer protocol, which finds a group without members of the older one only.</summary>
    public ConsumerOutcome ConsumerHeartbeat(ConsumerIntent intent, DateTimeOffset now) =>
        _roster.IsEmpty ? Consumers.Heartbeat(intent, now) : new ConsumerOutcome(KafkaError.GroupIdNotFound, intent.MemberId);

    public KafkaError Heartbeat(string memberId, string? instanceId, int generationOfMember, DateTimeOffset now)
    {
        if (memberId.Length > 0 && _roster.IsExpected(memberId))
            return KafkaError.UnknownMemberId;
        var error = Check(memberId, instanceId, generationOfMember, out var member);
        if (error != KafkaError.None)
            return error;
        KeepAlive(member!, now);
        return Phase == GroupPhase.PreparingRebalance ? KafkaError.RebalanceInProgress : KafkaError.None;
    }

    /// <summary>Whether offsets may be committed. Generation -1 is a reader outside of the group, whatever it calls itself: an empty group allows it.</summary>
    /// <param name="isTransactional">
    /// As part of a transaction: then it is the producer's epoch that keeps others out. Producers know of no rebalance that passes and of no epochs of members: what they are told of one ends them for good.
    /// </param>
    public KafkaError Commit(string memberId, string? instanceId, int generationOfMember, DateTimeOffset now, bool isTransactional = false)
    {
        // Who does not say that it is a member is held to its producer's epoch alone.
        if (isTransactional && memberId.Length == 0 && instanceId is null && generationOfMember < 0)
            return KafkaError.None;
        if (!Consumers.IsEmpty)
        {
            var problem = Consumers.Check(memberId, generationOfMember);
            return problem == KafkaError.StaleMemberEpoch && isTransactional ? KafkaError.IllegalGeneration : problem;
        }
        if (generationOfMember < 0 && Phase == GroupPhase.Empty)
            return KafkaError.None;
        var error = Check(memberId, instanceId, generationOfMember, out var member);
        if (error != KafkaError.None)
            return error;
        KeepAlive(member!, now);
        // Who reads what is being decided: a commit now would be of partitions that may have been given to another.
        return Phase == GroupPhase.CompletingRebalance && !isTransactional ? KafkaError.RebalanceInProgress : KafkaError.None;
    }

    /// <param name="memberId">May be empty for a static member.</param>
    public KafkaError Leave(string memberId, string? instanceId, DateTimeOffset now)
    {
        if (instanceId is null && _roster.RemoveExpected(memberId))
        {
            TryBegin(now);
            return KafkaError.None;
        }
        var member = instanceId is not null ? _roster.FindInstance(instanceId) : _roster.Find(memberId);
        if (member is null)
            return KafkaError.UnknownMemberId;
        if (memberId.Length > 0 && member.Id != memberId)
            return KafkaError.FencedInstanceId;
        Remove(member, KafkaError.UnknownMemberId, now);
        return KafkaError.None;
    }

    /// <summary>Lets time pass: members that gave no sign of life go, and phases that have waited long enough end.</summary>
    public void Tick(DateTimeOffset now)
    {
        Consumers.Tick(now);
        _roster.RemoveExpectedBefore(now);
        foreach (var member in _roster.Members.Where(member => !member.Waits && member.AliveUntil <= now).ToList())
            Remove(member, KafkaError.UnknownMemberId, now);
        if (Phase == GroupPhase.PreparingRebalance)
            TryBegin(now);
        else if (Phase is GroupPhase.CompletingRebalance or GroupPhase.Stable && _phaseEnds <= now && _roster.Members.Any(static member => member.OwesSync))
            EndOverdueSync(now);
    }

    /// <summary>The group is coordinated elsewhere, or not at all any more: everybody who waits is told.</summary>
    public void Abandon(KafkaError error)
    {
        foreach (var member in _roster.Members)
            Dismiss(member, error);
        _roster.Clear();
        Consumers.Clear();
        Phase = GroupPhase.Empty;
    }

    private KafkaError? FindRefusal(JoinIntent intent)
    {
        if (intent.SessionTimeout < limits.SessionTimeoutMin || intent.SessionTimeout > limits.SessionTimeoutMax)
            return KafkaError.InvalidSessionTimeout;
        if (intent.Protocols.Count > ProtocolsMax)
            return KafkaError.InvalidRequest;
        if (!Consumers.IsEmpty || intent.ProtocolType.Length == 0 || intent.Protocols.Count == 0)
            return KafkaError.InconsistentGroupProtocol;
        var others = _roster.Members.Where(member => member.Id != intent.MemberId && (intent.InstanceId is null || member.InstanceId != intent.InstanceId)).ToList();
        if (others.Count > 0 && (intent.ProtocolType != ProtocolType || !intent.Protocols.Any(protocol => others.TrueForAll(member => Knows(member, protocol.Name)))))
            return KafkaError.InconsistentGroupProtocol;
        if (_roster.Find(intent.MemberId) is not null || (intent.InstanceId is { } instance && _roster.FindInstance(instance) is not null))
            return null;
        // Who was given an id has its place by it.
        var taken = _roster.Count + (_roster.IsExpected(intent.MemberId) ? 0 : _roster.ExpectedCount);
        return taken >= limits.MembersMax ? KafkaError.GroupMaxSizeReached : null;
    }

    private void JoinAsNew(JoinIntent intent, DateTimeOffset now)
    {
        if (intent is { NeedsKnownId: true, MemberId.Length: 0, InstanceId: null })
        {
            var expected = $"{intent.ClientId}-{newId()}";
            _roster.Expect(expected, now + intent.SessionTimeout);
            Answer(intent.Ticket, new JoinOutcome(KafkaError.MemberIdRequired, expected));
            return;
        }
        var id = intent.MemberId.Length > 0 ? intent.MemberId : $"{intent.InstanceId ?? intent.ClientId}-{newId()}";
        _roster.RemoveExpected(id);
        var member = new GroupMember { Id = id, InstanceId = intent.InstanceId, ClientId = intent.ClientId, ClientHost = intent.ClientHost };
        Update(member, intent, now);
        ProtocolType = _roster.Count == 0 ? intent.ProtocolType : ProtocolType;
        _roster.Add(member);
        Leader ??= id;
        member.Joining = intent.Ticket;
        Prepare(now, isNewMember: true);
    }

    private void JoinAgain(JoinIntent intent, GroupMember member, DateTimeOffset now)
    {
        var isSame = member.HasSameProtocols(intent.Protocols);
        // A leader that joins a stable group again wants to share out anew: partitions have changed.
        var mayStay = isSame && (Phase == GroupPhase.CompletingRebalance || (Phase == GroupPhase.Stable && member.Id != Leader));
        Update(member, intent, now);
        if (mayStay)
        {
            Answer(intent.Ticket, Joined(member));
            return;
        }
        if (member.Joining is { } earlier)
            Answer(earlier, new JoinOutcome(KafkaError.RebalanceInProgress, member.Id));
        member.Joining = intent.Ticket;
        Prepare(now, isNewMember: false);
    }

    /// <summary>A static member that was started again takes its place under a new id, and whoever still uses the old id is fenced.</summary>
    private void JoinAgainAsInstance(JoinIntent intent, GroupMember member, DateTimeOffset now)
    {
        if (intent.MemberId == member.Id)
        {
            JoinAgain(intent, member, now);
            return;
        }
        if (intent.MemberId.Length > 0)
        {
            Answer(intent.Ticket, new JoinOutcome(KafkaError.FencedInstanceId, intent.MemberId));
            return;
        }
        Dismiss(member, KafkaError.FencedInstanceId);
        var oldId = member.Id;
        var wasLeader = oldId == Leader;
        _roster.Rename(member, $"{intent.InstanceId}-{newId()}");
        if (wasLeader)
            Leader = member.Id;
        Update(member, intent, now);
        if (Phase == GroupPhase.Stable && _roster.ElectProtocol() == Protocol)
        {
            // It reads on what it has read, whatever it says of itself: what it owned and when is not the same after a start. A leader that cannot be told so is answered as if it were a follower.
            var outcome = Joined(member);
            if (wasLeader)
                outcome = intent.CanSkipAssignment ? outcome with { SkipAssignment = true } : outcome with { Leader = oldId, Members = [] };
            Answer(intent.Ticket, outcome);
            return;
        }
        member.Joining = intent.Ticket;
        Prepare(now, isNewMember: false);
    }

    private static void Update(GroupMember member, JoinIntent intent, DateTimeOffset now)
    {
        member.ClientId = intent.ClientId;
        member.ClientHost = intent.ClientHost;
        member.SessionTimeout = intent.SessionTimeout;
        member.RebalanceTimeout = intent.RebalanceTimeout;
        member.Protocols = intent.Protocols;
        member.AliveUntil = now + intent.SessionTimeout;
    }

    private void Prepare(DateTimeOffset now, bool isNewMember)
    {
        if (Phase != GroupPhase.PreparingRebalance)
        {
            if (Phase == GroupPhase.CompletingRebalance)
                AnswerSyncs(KafkaError.RebalanceInProgress, now);
            var wasEmpty = Phase == GroupPhase.Empty;
            Phase = GroupPhase.PreparingRebalance;
            _phaseEnds = now + LongestRebalance();
            _initialDelayEnds = wasEmpty ? now + limits.InitialDelay : now;
        }
        else if (isNewMember && _initialDelayEnds > now)
        {
            // More of them are on their way.
            var later = now + limits.InitialDelay;
            _initialDelayEnds = later < _phaseEnds ? later : _phaseEnds;
        }
        TryBegin(now);
    }

    /// <summary>Begins the next generation if nobody has to be waited for.</summary>
    private void TryBegin(DateTimeOffset now)
    {
        if (Phase != GroupPhase.PreparingRebalance || now < _initialDelayEnds)
            return;
        var isOverdue = _phaseEnds <= now;
        if (!isOverdue && (_roster.HasExpected || _roster.Members.Any(static member => member.Joining is null)))
            return;
        foreach (var missing in _roster.Members.Where(static member => member is { Joining: null, InstanceId: null }).ToList())
            _roster.Remove(missing);
        Generation++;
        if (_roster.Count == 0)
        {
            BecomeEmpty();
            return;
        }
        Begin(now);
    }

    private void Begin(DateTimeOffset now)
    {
        Phase = GroupPhase.CompletingRebalance;
        _phaseEnds = now + LongestRebalance();
        Protocol = _roster.ElectProtocol();
        if (Leader is null || _roster.Find(Leader) is not { Joining: not null })
            Leader = (_roster.Members.FirstOrDefault(static member => member.Joining is not null) ?? _roster.Members.First()).Id;
        foreach (var member in _roster.Members)
        {
            (member.Assignment, member.OwesSync) = ([], false);
            // A static member that is away is given its share all the same, until its time runs out.
            if (member.Joining is not { } ticket)
                continue;
            (member.Joining, member.OwesSync) = (null, true);
            KeepAlive(member, now);
            Answer(ticket, Joined(member));
        }
    }

    private JoinOutcome Joined(GroupMember member) => new(
        KafkaError.None, member.Id, Generation, ProtocolType, Protocol, Leader!,
        Members: member.Id == Leader ? [.. _roster.Members.Select(other => new JoinedMember(other.Id, other.InstanceId, other.MetadataFor(Protocol)))] : []);

    private void Assign(IReadOnlyDictionary<string, byte[]> assignments)
    {
        foreach (var member in _roster.Members)
            member.Assignment = assignments.GetValueOrDefault(member.Id) ?? [];
        Phase = GroupPhase.Stable;
    }

    private void AnswerSyncs(KafkaError error, DateTimeOffset now)
    {
        foreach (var member in _roster.Members)
        {
            if (member.Syncing is not { } ticket)
                continue;
            member.Syncing = null;
            member.AliveUntil = now + member.SessionTimeout;
            var outcome = error == KafkaError.None ? new SyncOutcome(error, ProtocolType, Protocol, member.Assignment) : new SyncOutcome(error);
            Effects.Add(new GroupEffect(ticket, null, outcome));
        }
    }

    /// <summary>The leader has not said who reads what, or members have not come for it, though they may still be heard of: their share goes to others.</summary>
    private void EndOverdueSync(DateTimeOffset now)
    {
        foreach (var missing in _roster.Members.Where(static member => member.OwesSync).ToList())
        {
            _roster.Remove(missing);
            if (missing.Id == Leader)
                Leader = null;
        }
        Prepare(now, isNewMember: false);
    }

    private void Remove(GroupMember member, KafkaError why, DateTimeOffset now)
    {
        Dismiss(member, why);
        _roster.Remove(member);
        if (member.Id == Leader)
            Leader = null;
        if (Phase is GroupPhase.Stable or GroupPhase.CompletingRebalance)
            Prepare(now, isNewMember: false);
        else
            TryBegin(now);
    }

    private void BecomeEmpty()
    {
        Phase = GroupPhase.Empty;
        Protocol = null;
        Leader = null;
    }

    private KafkaError Check(string memberId, string? instanceId, int generationOfMember, out GroupMember? member)
    {
        member = instanceId is not null ? _roster.FindInstance(instanceId) : _roster.Find(memberId);
        if (member is null)
            return KafkaError.UnknownMemberId;
        if (member.Id != memberId)
            return KafkaError.FencedInstanceId;
        return generationOfMember == Generation ? KafkaError.None : KafkaError.IllegalGeneration;
    }

    private TimeSpan LongestRebalance() => _roster.Count == 0 ? TimeSpan.Zero : _roster.Members.Max(static member => member.RebalanceTimeout);

    private void Dismiss(GroupMember member, KafkaError error)
    {
        if (member.Joining is { } joining)
            Answer(joining, new JoinOutcome(error, member.Id));
        if (member.Syncing is { } syncing)
            Effects.Add(new GroupEffect(syncing, null, new SyncOutcome(error)));
        (member.Joining, member.Syncing) = (null, null);
    }

    private void Answer(object ticket, JoinOutcome outcome) => Effects.Add(new GroupEffect(ticket, outcome, null));

    private static void KeepAlive(GroupMember member, DateTimeOffset now) => member.AliveUntil = now + member.SessionTimeout;

    private static bool Knows(GroupMember member, string protocol) => member.Protocols.Any(known => known.Name == protocol);
}

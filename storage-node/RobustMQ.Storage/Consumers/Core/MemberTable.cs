using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>Who may get records: members by priority, in turn among equals; fetches before them, in the order they came.</summary>
internal sealed class MemberTable
{
    /// <summary>Epochs of members that have left, so that late earlier connections are still told apart.</summary>
    private const int EpochsMax = 1024;

    private readonly List<MemberSlot> _members = [];
    private readonly List<MemberSlot> _fetches = [];
    private Dictionary<string, long>? _epochs;
    private int _turn;
    private int _lastId;

    public ReadOnlySpan<MemberSlot> Members => CollectionsMarshal.AsSpan(_members);

    public ReadOnlySpan<MemberSlot> Fetches => CollectionsMarshal.AsSpan(_fetches);

    /// <summary>Members that became or ceased to be the active one since this was last cleared.</summary>
    public List<MemberSlot> Switched { get; } = [];

    public int NextId() => ++_lastId;

    public MemberSlot? Find(string name) => _members.Find(member => member.Name == name);

    /// <summary>Asked for each record that leaves: it captures nothing.</summary>
    public MemberSlot? Find(int id)
    {
        foreach (var member in _members)
        {
            if (member.Id == id)
                return member;
        }
        return null;
    }

    /// <summary>Whether a join may come in, other members being who they are.</summary>
    public ErrorCode Check(ConsumerJoin join, MemberPolicy policy)
    {
        if (_epochs is not null && _epochs.TryGetValue(join.Member, out var epoch) && join.MemberEpoch < epoch)
            return ErrorCode.Fenced;
        foreach (var other in _members)
        {
            if (other.Name == join.Member)
            {
                if (join.MemberEpoch < other.Epoch)
                    return ErrorCode.Fenced;
            }
            else if (policy == MemberPolicy.Exclusive || join.IsExclusive || other.IsExclusive)
            {
                return ErrorCode.LeaseHeld;
            }
        }
        return ErrorCode.None;
    }

    public void Add(MemberSlot slot, MemberPolicy policy)
    {
        Remember(slot);
        _members.Add(slot);
        if (policy != MemberPolicy.SingleActive)
            slot.IsActive = true;
        else
            ChooseActive();
        ShutOutFetches(policy);
    }

    /// <summary>The same member on another connection: it keeps its turn.</summary>
    public void Replace(MemberSlot earlier, MemberSlot slot, MemberPolicy policy)
    {
        Remember(slot);
        slot.IsActive = earlier.IsActive || earlier.KeepsTurn;
        earlier.IsActive = false;
        _members[_members.IndexOf(earlier)] = slot;
        ShutOutFetches(policy);
    }

    public void Remove(MemberSlot slot, MemberPolicy policy)
    {
        _members.Remove(slot);
        slot.IsActive = false;
        if (policy == MemberPolicy.SingleActive)
            ChooseActive();
        ShutOutFetches(policy);
    }

    /// <summary>A lost member keeps its place for a while and gets nothing meanwhile. A single active one keeps even its turn.</summary>
    public void Lose(MemberSlot slot, long untilMs, MemberPolicy policy)
    {
        slot.KeepsTurn = slot.IsActive;
        slot.IsActive = false;
        slot.LostUntilMs = untilMs;
        ShutOutFetches(policy);
    }

    public void AddFetch(MemberSlot fetch) => _fetches.Add(fetch);

    public void RemoveFetch(MemberSlot fetch) => _fetches.Remove(fetch);

    /// <summary>Who gets the next record; null where nobody can.</summary>
    public MemberSlot? Choose()
    {
        foreach (var fetch in _fetches)
        {
            if (fetch.HasCredit)
                return fetch;
        }
        var best = int.MinValue;
        foreach (var member in _members)
        {
            if (member.HasCredit && member.Priority > best)
                best = member.Priority;
        }
        if (best == int.MinValue && !_members.Exists(static member => member.HasCredit))
            return null;
        for (var i = 0; i < _members.Count; i++)
        {
            var at = (_turn + i) % _members.Count;
            var member = _members[at];
            if (!member.HasCredit || member.Priority != best)
                continue;
            _turn = (at + 1) % _members.Count;
            return member;
        }
        return null;
    }

    /// <summary>A member with records of its own, and what takes them: itself, or a fetch of its.</summary>
    public bool TryFindWithOwn([NotNullWhen(true)] out MemberSlot? member, [NotNullWhen(true)] out MemberSlot? receiver)
    {
        foreach (var candidate in _members)
        {
            if (candidate.Own is not { Count: > 0 })
                continue;
            (member, receiver) = (candidate, candidate.HasCredit ? candidate : FindFetchOf(candidate.Id));
            if (receiver is not null)
                return true;
        }
        (member, receiver) = (null, null);
        return false;
    }

    public bool AnyHasCredit()
    {
        foreach (var fetch in _fetches)
        {
            if (fetch.HasCredit)
                return true;
        }
        foreach (var member in _members)
        {
            if (member.HasCredit)
                return true;
        }
        return false;
    }

    /// <summary>What was given to a slot, where it is still there, is not to cost it anything.</summary>
    public void RestoreCredit(int id, int bytes)
    {
        foreach (var fetch in _fetches)
        {
            if (fetch.Id != id)
                continue;
            fetch.AddCredit(1, bytes);
            fetch.Got--;
            return;
        }
        Find(id)?.AddCredit(1, bytes);
    }

    private MemberSlot? FindFetchOf(int owner)
    {
        foreach (var fetch in _fetches)
        {
            if (fetch.Owner == owner && fetch.HasCredit)
                return fetch;
        }
        return null;
    }

    /// <summary>
    /// Fetches that began rightly and may not go on: the member they are for is gone, or not the active one any more; or they are for nobody, and a member is to be alone. What they got would be
    /// nobody's, and would come again only with a fetch for nobody.
    /// </summary>
    private void ShutOutFetches(MemberPolicy policy)
    {
        var isAlone = _members.Count > 0 && (policy != MemberPolicy.Shared || _members[0].IsExclusive);
        foreach (var fetch in _fetches)
        {
            if (fetch.Owner == MemberSlot.Nobody ? !isAlone : Find(fetch.Owner) is { IsActive: true })
                continue;
            fetch.IsActive = false;
            fetch.IsShutOut = true;
        }
    }

    private void Remember(MemberSlot slot)
    {
        if (slot.Epoch == 0)
            return;
        _epochs ??= new Dictionary<string, long>(StringComparer.Ordinal);
        if (_epochs.Count >= EpochsMax)
            _epochs.Clear();
        _epochs[slot.Name] = slot.Epoch;
    }

    private void ChooseActive()
    {
        // A lost one that may return holds its turn.
        var holder = _members.Find(static member => member.IsActive || member.KeepsTurn);
        var best = holder;
        foreach (var member in _members)
        {
            if (member.LostUntilMs == 0 && (best is null || member.Priority > best.Priority))
                best = member;
        }
        if (best is null || best == holder)
            return;
        if (holder is not null)
        {
            holder.IsActive = false;
            holder.KeepsTurn = false;
            Switched.Add(holder);
        }
        best.IsActive = true;
        Switched.Add(best);
    }
}

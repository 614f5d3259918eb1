namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>The members of a group in the order they came, and the ids that were given to some who have yet to join with them.</summary>
internal sealed class GroupRoster
{
    private readonly List<GroupMember> _members = [];
    private readonly Dictionary<string, GroupMember> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GroupMember> _byInstance = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _expected = new(StringComparer.Ordinal);

    public IReadOnlyCollection<GroupMember> Members => _members;

    public int Count => _members.Count;

    public bool HasExpected => _expected.Count > 0;

    /// <summary>Ids that were given out and may still be used.</summary>
    public int ExpectedCount => _expected.Count;

    /// <summary>Of memory, roughly.</summary>
    public long Bytes => _members.Sum(static member => member.Bytes) + _expected.Keys.Sum(GroupMember.BytesOf);

    public bool IsEmpty => _members.Count == 0 && _expected.Count == 0;

    public GroupMember? Find(string id) => _byId.GetValueOrDefault(id);

    public GroupMember? FindInstance(string instanceId) => _byInstance.GetValueOrDefault(instanceId);

    public void Add(GroupMember member)
    {
        _members.Add(member);
        _byId.Add(member.Id, member);
        if (member.InstanceId is { } instance)
            _byInstance.Add(instance, member);
    }

    public void Remove(GroupMember member)
    {
        _members.Remove(member);
        _byId.Remove(member.Id);
        if (member.InstanceId is { } instance)
            _byInstance.Remove(instance);
    }

    public void Rename(GroupMember member, string id)
    {
        _byId.Remove(member.Id);
        member.Id = id;
        _byId.Add(id, member);
    }

    public void Clear()
    {
        _members.Clear();
        _byId.Clear();
        _byInstance.Clear();
        _expected.Clear();
    }

    public void Expect(string id, DateTimeOffset until) => _expected[id] = until;

    public bool IsExpected(string id) => _expected.ContainsKey(id);

    public bool RemoveExpected(string id) => _expected.Remove(id);

    public void RemoveExpectedBefore(DateTimeOffset now)
    {
        foreach (var (id, until) in _expected)
        {
            if (until <= now)
                _expected.Remove(id);
        }
    }

    /// <summary>Of the protocols that all members know, the one that most members like best.</summary>
    public string? ElectProtocol()
    {
        var votes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var member in _members)
        {
            var choice = member.Protocols.FirstOrDefault(protocol => _members.TrueForAll(other => other.Protocols.Any(known => known.Name == protocol.Name)));
            if (choice is not null)
                votes[choice.Name] = votes.GetValueOrDefault(choice.Name) + 1;
        }
        return votes.Count == 0 ? null : votes.MaxBy(static vote => vote.Value).Key;
    }
}

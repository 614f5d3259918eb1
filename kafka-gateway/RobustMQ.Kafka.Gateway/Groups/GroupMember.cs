namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>One member as its group knows it.</summary>
internal sealed class GroupMember
{
    /// <summary>Of memory, roughly, beside what a client chose the length of.</summary>
    private const int OverheadBytes = 512;

    private IReadOnlyList<GroupProtocol> _protocols = [];
    private long _protocolBytes;

    public required string Id { get; set; }

    /// <summary>Null: a dynamic member, which is gone when it leaves.</summary>
    public required string? InstanceId { get; init; }

    public required string ClientId { get; set; }

    public required string ClientHost { get; set; }

    public TimeSpan SessionTimeout { get; set; }

    public TimeSpan RebalanceTimeout { get; set; }

    /// <summary>What it prefers comes first.</summary>
    public IReadOnlyList<GroupProtocol> Protocols
    {
        get => _protocols;
        set => (_protocols, _protocolBytes) = (value, value.Sum(static protocol => BytesOf(protocol.Name) + protocol.Metadata.Length));
    }

    public byte[] Assignment { get; set; } = [];

    /// <summary>Expires without a sign of life until then. Who waits for an answer is alive.</summary>
    public DateTimeOffset AliveUntil { get; set; }

    /// <summary>Waits for the generation to begin.</summary>
    public object? Joining { get; set; }

    /// <summary>Waits for the leader's word.</summary>
    public object? Syncing { get; set; }

    /// <summary>It has been told of the generation and has not come for its share.</summary>
    public bool OwesSync { get; set; }

    /// <summary>Of memory, roughly.</summary>
    public long Bytes => OverheadBytes + BytesOf(Id) + BytesOf(InstanceId) + BytesOf(ClientId) + _protocolBytes + Assignment.Length;

    public bool Waits => Joining is not null || Syncing is not null;

    public byte[] MetadataFor(string? protocol) => Protocols.FirstOrDefault(known => known.Name == protocol)?.Metadata ?? [];

    public bool HasSameProtocols(IReadOnlyList<GroupProtocol> protocols) =>
        Protocols.Count == protocols.Count
        && Protocols.Zip(protocols).All(static pair => pair.First.Name == pair.Second.Name && pair.First.Metadata.AsSpan().SequenceEqual(pair.Second.Metadata));

    public static long BytesOf(string? text) => text is null ? 0 : 64 + (sizeof(char) * (long)text.Length);

    /// <summary>A copy for those who look from outside the group's lock.</summary>
    public GroupMember Copy() => (GroupMember)MemberwiseClone();
}

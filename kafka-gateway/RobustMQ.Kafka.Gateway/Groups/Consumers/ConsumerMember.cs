using System.Text.RegularExpressions;

namespace RobustMQ.Kafka.Gateway.Groups.Consumers;

/// <summary>One member of a consumer group as its coordinator knows it.</summary>
internal sealed class ConsumerMember
{
    /// <summary>Of memory, roughly, beside what a client chose the length of.</summary>
    private const int OverheadBytes = 1024;

    private IReadOnlyList<string> _topics = [];
    private long _topicBytes;

    public required string Id { get; set; }

    /// <summary>Null: a dynamic member.</summary>
    public required string? InstanceId { get; init; }

    public string ClientId { get; set; } = string.Empty;

    public string ClientHost { get; set; } = string.Empty;

    public string? RackId { get; set; }

    public TimeSpan RebalanceTimeout { get; set; }

    public IReadOnlyList<string> Topics
    {
        get => _topics;
        set => (_topics, _topicBytes) = (value, value.Sum(GroupMember.BytesOf));
    }

    public Regex? Expression { get; set; }

    /// <summary>How it wants partitions to be shared out; null: whatever the group does.</summary>
    public string? Assignor { get; set; }

    /// <summary>Of the target that it has been brought to.</summary>
    public int Epoch { get; set; }

    /// <summary>A member whose last answer was lost still speaks of this one.</summary>
    public int PreviousEpoch { get; set; }

    /// <summary>What it may read now.</summary>
    public HashSet<MemberPartition> Assigned { get; set; } = [];

    /// <summary>What it must give up and has not said it did: nobody else may have it until then.</summary>
    public HashSet<MemberPartition> Revoking { get; set; } = [];

    /// <summary>What it is to come to read.</summary>
    public HashSet<MemberPartition> Target { get; set; } = [];

    public DateTimeOffset AliveUntil { get; set; }

    /// <summary>It must have given up what is revoked by then.</summary>
    public DateTimeOffset? RevokedBy { get; set; }

    /// <summary>A static member that has said it will be back.</summary>
    public bool IsAway { get; set; }

    /// <summary>Of memory, roughly. Partitions are those of topics that there are.</summary>
    public long Bytes => OverheadBytes + GroupMember.BytesOf(Id) + GroupMember.BytesOf(InstanceId) + GroupMember.BytesOf(ClientId) + GroupMember.BytesOf(RackId) + _topicBytes;

    public bool Holds(MemberPartition partition) => Assigned.Contains(partition) || Revoking.Contains(partition);
}

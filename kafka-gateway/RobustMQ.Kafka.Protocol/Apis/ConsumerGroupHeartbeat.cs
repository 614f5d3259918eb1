using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>What a member of a consumer group (KIP-848) says, at every heartbeat only what has changed: null is "as before".</summary>
public sealed class ConsumerGroupHeartbeatRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.ConsumerGroupHeartbeat, 0, 1, FlexibleFrom: 0);

    public string GroupId = string.Empty;

    public string MemberId = string.Empty;

    /// <summary>0: joins; -1: leaves; -2: leaves for a moment, as a static member does.</summary>
    public int MemberEpoch;

    public string? InstanceId;

    public string? RackId;

    public int RebalanceTimeoutMs = -1;

    public IReadOnlyList<string>? SubscribedTopicNames;

    public string? SubscribedTopicRegex;

    public string? ServerAssignor;

    public IReadOnlyList<AssignedTopic>? Owned;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref GroupId);
        wire.Text(ref MemberId);
        wire.Int32(ref MemberEpoch);
        wire.NullableText(ref InstanceId);
        wire.NullableText(ref RackId);
        wire.Int32(ref RebalanceTimeoutMs);
        wire.NullableTexts(ref SubscribedTopicNames);
        if (wire.Version >= 1)
            wire.NullableText(ref SubscribedTopicRegex);
        wire.NullableText(ref ServerAssignor);
        wire.NullableItems(ref Owned);
        wire.Tags();
    }
}

public sealed class ConsumerGroupHeartbeatResponse : ThrottledResponse, IWireItem
{
    private const sbyte Absent = -1;
    private const sbyte Present = 1;

    public KafkaError Error;

    public string? ErrorMessage;

    public string? MemberId;

    public int MemberEpoch;

    public int HeartbeatIntervalMs;

    /// <summary>Null: as before.</summary>
    public IReadOnlyList<AssignedTopic>? Assigned;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        wire.NullableText(ref ErrorMessage);
        wire.NullableText(ref MemberId);
        wire.Int32(ref MemberEpoch);
        wire.Int32(ref HeartbeatIntervalMs);
        // A nullable structure: whether it is there, then its fields.
        var marker = Assigned is null ? Absent : Present;
        wire.Int8(ref marker);
        if (marker >= 0)
        {
            var assigned = Assigned ?? [];
            wire.Items(ref assigned);
            Assigned = assigned;
            wire.Tags();
        }
        wire.Tags();
    }
}

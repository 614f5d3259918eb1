using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Key types: 0 a group, 1 a transaction.</summary>
public sealed class FindCoordinatorRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.FindCoordinator, 0, 6, FlexibleFrom: 3);

    public string Key = string.Empty;

    public sbyte KeyType;

    public IReadOnlyList<string> Keys = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version <= 3)
            wire.Text(ref Key);
        if (wire.Version >= 1)
            wire.Int8(ref KeyType);
        if (wire.Version >= 4)
            wire.Texts(ref Keys);
        wire.Tags();
    }
}

public sealed class FindCoordinatorResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public string? ErrorMessage;

    public int NodeId = -1;

    public string Host = string.Empty;

    public int Port = -1;

    public IReadOnlyList<Coordinator> Coordinators = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 1)
            wire.Int32(ref ThrottleMs);
        if (wire.Version <= 3)
            wire.Error(ref Error);
        if (wire.Version is >= 1 and <= 3)
            wire.NullableText(ref ErrorMessage);
        if (wire.Version <= 3)
        {
            wire.Int32(ref NodeId);
            wire.Text(ref Host);
            wire.Int32(ref Port);
        }
        if (wire.Version >= 4)
            wire.Items(ref Coordinators);
        wire.Tags();
    }

    public sealed class Coordinator : IWireItem
    {
        public string Key = string.Empty;

        public int NodeId = -1;

        public string Host = string.Empty;

        public int Port = -1;

        public KafkaError Error;

        public string? ErrorMessage;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Key);
            wire.Int32(ref NodeId);
            wire.Text(ref Host);
            wire.Int32(ref Port);
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
            wire.Tags();
        }
    }
}

using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class DescribeClusterRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DescribeCluster, 0, 1, FlexibleFrom: 0);

    public bool IncludeClusterAuthorizedOperations;

    public sbyte EndpointType = 1;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Flag(ref IncludeClusterAuthorizedOperations);
        if (wire.Version >= 1)
            wire.Int8(ref EndpointType);
        wire.Tags();
    }
}

public sealed class DescribeClusterResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public string? ErrorMessage;

    public sbyte EndpointType = 1;

    public string ClusterId = string.Empty;

    public int ControllerId = -1;

    public IReadOnlyList<Broker> Brokers = [];

    public int ClusterAuthorizedOperations = int.MinValue;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        wire.NullableText(ref ErrorMessage);
        if (wire.Version >= 1)
            wire.Int8(ref EndpointType);
        wire.Text(ref ClusterId);
        wire.Int32(ref ControllerId);
        wire.Items(ref Brokers);
        wire.Int32(ref ClusterAuthorizedOperations);
        wire.Tags();
    }

    public sealed class Broker : IWireItem
    {
        public int NodeId;

        public string Host = string.Empty;

        public int Port;

        public string? Rack;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref NodeId);
            wire.Text(ref Host);
            wire.Int32(ref Port);
            wire.NullableText(ref Rack);
            wire.Tags();
        }
    }
}

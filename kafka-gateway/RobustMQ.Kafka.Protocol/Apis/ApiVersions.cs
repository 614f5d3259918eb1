using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class ApiVersionsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.ApiVersions, 0, 4, FlexibleFrom: 3);

    public string ClientSoftwareName = string.Empty;

    public string ClientSoftwareVersion = string.Empty;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 3)
        {
            wire.Text(ref ClientSoftwareName);
            wire.Text(ref ClientSoftwareVersion);
        }
        wire.Tags();
    }
}

public sealed class ApiVersionsResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public IReadOnlyList<Range> Apis = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Error(ref Error);
        wire.Items(ref Apis);
        if (wire.Version >= 1)
            wire.Int32(ref ThrottleMs);
        wire.Tags();
    }

    public sealed class Range : IWireItem
    {
        public short Key;

        public short Min;

        public short Max;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int16(ref Key);
            wire.Int16(ref Min);
            wire.Int16(ref Max);
            wire.Tags();
        }
    }
}

using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>From version 1 on the mechanism's messages follow in SaslAuthenticate requests.</summary>
public sealed class SaslHandshakeRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.SaslHandshake, 0, 1, KafkaApi.Never);

    public string Mechanism = string.Empty;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref Mechanism);
        wire.Tags();
    }
}

public sealed class SaslHandshakeResponse : IWireItem
{
    public KafkaError Error;

    public IReadOnlyList<string> Mechanisms = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Error(ref Error);
        wire.Texts(ref Mechanisms);
        wire.Tags();
    }
}

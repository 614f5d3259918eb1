using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class SaslAuthenticateRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.SaslAuthenticate, 0, 2, FlexibleFrom: 2);

    public ReadOnlyMemory<byte> Message;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Bytes(ref Message);
        wire.Tags();
    }
}

public sealed class SaslAuthenticateResponse : IWireItem
{
    public KafkaError Error;

    public string? ErrorMessage;

    public ReadOnlyMemory<byte> Message;

    public long SessionLifetimeMs;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Error(ref Error);
        wire.NullableText(ref ErrorMessage);
        wire.Bytes(ref Message);
        if (wire.Version >= 1)
            wire.Int64(ref SessionLifetimeMs);
        wire.Tags();
    }
}

using RobustMQ.GatewayKit.Identity;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>What a message of a login leads to: an identity, a refusal, or an answer after which the client speaks again.</summary>
internal readonly record struct SaslStep(ReadOnlyMemory<byte> Answer, UserIdentity? Identity, string? Refusal)
{
    public static SaslStep Accept(UserIdentity identity, ReadOnlyMemory<byte> answer = default) => new(answer, identity, null);

    public static SaslStep Refuse(string why) => new(default, null, why);

    public static SaslStep GoOn(ReadOnlyMemory<byte> answer) => new(answer, null, null);
}

using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>What an ACL to be made says: a grant of a user, or why it cannot be one.</summary>
internal readonly record struct AskedGrant(string User, Grant? Grant, KafkaError Error, string? Message)
{
    public static AskedGrant Of(string user, Grant grant) => new(user, grant, KafkaError.None, null);

    /// <summary>Nothing that Kafka would take.</summary>
    public static AskedGrant Invalid(string why) => new(string.Empty, null, KafkaError.InvalidRequest, why);

    /// <summary>Something that Kafka has and that is not here.</summary>
    public static AskedGrant Impossible(string why) => new(string.Empty, null, KafkaError.PolicyViolation, why);
}

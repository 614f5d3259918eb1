using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Scram;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>The ways to log in, over the users that all protocols share.</summary>
internal sealed class SaslMechanisms(IdentityProvider users)
{
    public static IReadOnlyList<string> Names { get; } = [BearerExchange.Name, PlainExchange.Name, .. ScramMechanism.All.Select(static mechanism => mechanism.Name)];

    /// <summary>Null: there is no such mechanism.</summary>
    public SaslExchange? Begin(string name) => name switch
    {
        PlainExchange.Name => new PlainExchange(users),
        BearerExchange.Name => new BearerExchange(users),
        _ => ScramMechanism.All.FirstOrDefault(mechanism => mechanism.Name == name) is { } scram ? new ScramExchange(users, scram) : null,
    };
}

using RobustMQ.GatewayKit.Identity;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>Who a client is and how it wants to be served, once its CONNECT was accepted.</summary>
internal sealed record MqttClient
{
    public required MqttVersion Version { get; init; }

    public required string ClientId { get; init; }

    /// <summary>Zero: none.</summary>
    public required TimeSpan KeepAlive { get; init; }

    public required MqttNamespace Namespace { get; init; }

    /// <summary>As its user is known.</summary>
    public required UserIdentity User { get; init; }

    /// <summary>The user as this client: with permissions that speak of its identifier.</summary>
    public required UserIdentity Identity { get; init; }

    public required Will? Will { get; init; }

    /// <summary>By enhanced authentication, which it may do again.</summary>
    public bool HasAuthenticated { get; init; }

    /// <summary>Seconds that the session outlives the connection, as granted; 0: it ends with it.</summary>
    public required uint SessionExpiry { get; init; }

    /// <summary>A user as one client; null: the client identifier cannot stand in its permissions.</summary>
    public static UserIdentity? IdentityOf(UserIdentity user, string clientId)
    {
        if (user.Permissions is not { NeedsClientId: true } rules)
            return user;
        return rules.TryForClient(clientId, out var own) ? user with { Permissions = own } : null;
    }
}

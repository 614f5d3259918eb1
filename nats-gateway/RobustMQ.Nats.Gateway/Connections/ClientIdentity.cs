using RobustMQ.GatewayKit.Identity;
using RobustMQ.Nats.Gateway.Subscriptions;

namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>Who a client turned out to be, and what that lets it do.</summary>
internal sealed record ClientIdentity
{
    public required NatsAccount Account { get; init; }

    /// <summary>Null in decentralised mode, which has no users of its own.</summary>
    public UserIdentity? User { get; init; }

    /// <summary>For monitoring; null for a client that gave no name.</summary>
    public string? UserName { get; init; }

    /// <summary>Null: everything is allowed.</summary>
    public Permissions? Permissions { get; init; }

    /// <summary>Null: the client has no right to answer where it may not publish.</summary>
    public ReplyPermissions? Replies { get; init; }

    /// <summary>When the credentials end; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Null: the gateway's own limit.</summary>
    public int? SubscriptionsMax { get; init; }

    /// <summary>Null: the gateway's own limit.</summary>
    public int? PayloadBytesMax { get; init; }

    /// <summary>Of the whole account at this gateway; null: no limit.</summary>
    public int? ConnectionsMax { get; init; }

    public bool MayPublish(ReadOnlySpan<byte> subject) =>
        Permissions is null || Permissions.CanPublish(subject) || (Replies is not null && Replies.Take(subject));

    public bool MayReceive(ReadOnlySpan<byte> subject) => Permissions is null || Permissions.CanReceive(subject);
}

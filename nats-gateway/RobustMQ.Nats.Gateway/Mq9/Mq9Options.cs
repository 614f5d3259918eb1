using RobustMQ.Hosting.Configuration;
using RobustMQ.Nats.Gateway.Mq9.Agents;

namespace RobustMQ.Nats.Gateway.Mq9;

/// <summary>Settings of the mailboxes: <c>nats:mq9:*</c>.</summary>
public sealed record Mq9Options
{
    /// <summary>False: subjects under <c>$mq9.AI.</c> are ordinary ones.</summary>
    public required bool IsEnabled { get; init; }

    /// <summary>Of mailboxes whose creator says nothing.</summary>
    public required TimeSpan DefaultTtl { get; init; }

    /// <summary>Fetches that may wait for a message at one moment; more are answered at once. Each holds one call to the storage-node.</summary>
    public required int WaitsMax { get; init; }

    /// <summary>Of groups that come into being from now on.</summary>
    public required AckDurability AckDurability { get; init; }

    /// <summary>Subscriptions to mailboxes (the protocol's earlier form) at one moment; each holds one call to the storage-node.</summary>
    public required int SubscriptionsMax { get; init; }

    /// <summary>Of one registration or report.</summary>
    public required int AgentBytesMax { get; init; }

    /// <summary>Of all registrations of one account together: every gateway that searches holds them in memory.</summary>
    public required long AgentsBytesMax { get; init; }

    /// <summary>Null: semantic search is the lexical one.</summary>
    public required EmbeddingOptions? Embeddings { get; init; }

    public static Mq9Options Read(SettingsReader settings) => new()
    {
        IsEnabled = settings.Flag("nats:mq9:enabled", true, "serve mailboxes for AI agents on $mq9.AI.>"),
        DefaultTtl = settings.Duration(
            "nats:mq9:default_ttl", TimeSpan.FromDays(1), TimeSpan.Zero, TimeSpan.FromDays(36500), "life of a mailbox whose creator names none; 0s is without end"),
        WaitsMax = settings.Number("nats:mq9:max_waits", 4096, 0, 1_000_000, "fetches that may wait for a message at one moment; more are answered at once"),
        AckDurability = settings.Choice("nats:mq9:ack_durability", AckDurability.Durable, "what has happened to an ACK when it is answered, for groups that begin from now on"),
        SubscriptionsMax = settings.Number("nats:mq9:max_subscriptions", 4096, 0, 1_000_000, "subscriptions to mailboxes, the protocol's earlier form"),
        AgentBytesMax = (int)settings.Bytes("nats:mq9:max_agent_bytes", 64 << 10, 256, 16 << 20, "one agent's registration or report"),
        AgentsBytesMax = settings.Bytes("nats:mq9:max_agents_bytes", 64 << 20, 64 << 10, 4L << 30, "all registered agents of an account, which searches hold in memory"),
        Embeddings = EmbeddingOptions.Read(settings),
    };
}

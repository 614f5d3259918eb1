namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary>What somebody wants a mailbox to be.</summary>
/// <param name="TtlSeconds">0: never expires.</param>
/// <param name="IsPublic">Named in the list of public mailboxes, with its description.</param>
internal sealed record MailboxSpec(string Address, long TtlSeconds, string? Description, bool IsPublic);

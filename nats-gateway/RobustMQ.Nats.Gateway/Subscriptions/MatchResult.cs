namespace RobustMQ.Nats.Gateway.Subscriptions;

/// <summary>Who gets a message of one subject, as of one generation of its account's interest. Immutable and shared.</summary>
/// <param name="Plain">Everybody here gets it.</param>
/// <param name="Queues">One member of each gets it.</param>
/// <param name="PeersListen">Other gateways have plain subscriptions.</param>
internal sealed record MatchResult(NatsSubscription[] Plain, QueueGroup[] Queues, bool PeersListen)
{
    public static MatchResult Nobody { get; } = new([], [], false);

    public bool IsNobody => Plain.Length == 0 && Queues.Length == 0 && !PeersListen;
}

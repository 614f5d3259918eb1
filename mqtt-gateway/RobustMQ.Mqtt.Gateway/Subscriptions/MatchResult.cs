namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>Who gets a message of one subject, as of one generation of its namespace's interest. Immutable and shared.</summary>
/// <param name="Plain">Everybody here gets it.</param>
/// <param name="Shares">One member of each gets it.</param>
/// <param name="PeersListen">Other gateways have plain subscriptions.</param>
internal sealed record MatchResult(Receiver[] Plain, ShareGroup[] Shares, bool PeersListen)
{
    public static MatchResult Nobody { get; } = new([], [], false);

    public bool IsNobody => Plain.Length == 0 && Shares.Length == 0 && !PeersListen;
}

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>Who gets a message of one subject, as of one generation of its namespace's interest. Immutable and shared.</summary>
/// <param name="Plain">Everybody here gets it.</param>
/// <param name="Shares">One member of each gets it.</param>
/// <param name="PeersListen">Other gateways have plain subscriptions.</param>
/// <param name="IsWanted">Sessions, wherever they are and whether connected or not, want messages at QoS 1 and 2 kept.</param>
internal sealed record MatchResult(Receiver[] Plain, ShareGroup[] Shares, bool PeersListen, bool IsWanted = false)
{
    public static MatchResult Nobody { get; } = new([], [], false);

    public static MatchResult SessionsOnly { get; } = new([], [], false, IsWanted: true);

    public bool IsNobody => Plain.Length == 0 && Shares.Length == 0 && !PeersListen && !IsWanted;
}

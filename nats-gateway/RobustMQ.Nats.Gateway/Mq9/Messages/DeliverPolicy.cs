namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary>Where a FETCH begins that has no progress to go by.</summary>
internal enum DeliverPolicy
{
    /// <summary>With what arrives from now on.</summary>
    Latest = 0,
    Earliest = 1,
    FromTime = 2,

    /// <summary>Inclusive.</summary>
    FromId = 3,
}

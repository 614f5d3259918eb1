namespace RobustMQ.Nats.Protocol;

/// <summary>What a client may send.</summary>
public enum NatsCommandKind
{
    None,
    Connect,
    Pub,
    HPub,
    Sub,
    Unsub,
    Ping,
    Pong,

    /// <summary>+OK, -ERR and INFO: read and ignored.</summary>
    Ignored,
}

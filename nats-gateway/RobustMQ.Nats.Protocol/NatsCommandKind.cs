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

    /// <summary>-ERR: the client has met an error.</summary>
    Error,

    /// <summary>+OK and INFO: read and ignored.</summary>
    Ignored,
}

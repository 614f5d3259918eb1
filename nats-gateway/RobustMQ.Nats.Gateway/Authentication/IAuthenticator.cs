using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Authentication;

/// <summary>Decides who a client is.</summary>
internal interface IAuthenticator
{
    /// <summary>Clients without credentials are turned away.</summary>
    bool IsRequired { get; }

    /// <summary>INFO carries a nonce for clients that sign it.</summary>
    bool UsesNonce { get; }

    /// <summary>Completes when it is known who the users are; callers of the others wait for it.</summary>
    Task Ready { get; }

    /// <summary>The identity of a client that has not said CONNECT, and may never do (telnet); null where it must.</summary>
    ClientIdentity? CreateAnonymous();

    ValueTask<AuthenticationOutcome> AuthenticateAsync(AuthenticationRequest request);

    /// <summary>Who a client that was let in is by now.</summary>
    /// <returns>The same object: nothing has changed. Null: it is nobody any more.</returns>
    ClientIdentity? Renew(ClientIdentity identity);
}

/// <summary>What a client shows.</summary>
internal readonly record struct AuthenticationRequest(NatsConnection Connection, ConnectOptions Connect);

/// <param name="Identity">Null: refused.</param>
/// <param name="Failure">What is said then; null: Authorization Violation.</param>
internal readonly record struct AuthenticationOutcome(ClientIdentity? Identity, CloseReason? Failure = null)
{
    public static AuthenticationOutcome Refused => default;
}

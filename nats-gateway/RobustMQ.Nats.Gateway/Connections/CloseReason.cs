using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>Why a connection ended, in the words of nats-server's monitoring, and what the client is told.</summary>
/// <param name="Name">As <c>/connz?state=closed</c> gives it.</param>
/// <param name="ErrorText">A whole <c>-ERR</c> line; empty: the client is told nothing.</param>
internal sealed record CloseReason(string Name, ReadOnlyMemory<byte> ErrorText = default)
{
    public static CloseReason ClientClosed { get; } = new("Client Closed");

    public static CloseReason SlowConsumerPendingBytes { get; } = new("Slow Consumer (Pending Bytes)", NatsErrors.Line(NatsErrors.SlowConsumer));

    public static CloseReason StaleConnection { get; } = new("Stale Connection", NatsErrors.Line(NatsErrors.StaleConnection));

    public static CloseReason AuthenticationTimeout { get; } = new("Authentication Timeout", NatsErrors.Line(NatsErrors.AuthenticationTimeout));

    public static CloseReason AuthenticationFailure { get; } = new("Authentication Failure", NatsErrors.Line(NatsErrors.AuthorizationViolation));

    /// <summary>Of one that was let in: its user is gone, or logs in with something else since.</summary>
    public static CloseReason AuthenticationRevoked { get; } = new("Authentication Failure", NatsErrors.Line(NatsErrors.AuthorizationViolation));

    public static CloseReason AuthenticationExpired { get; } = new("Authentication Expired", NatsErrors.Line(NatsErrors.UserAuthenticationExpired));

    public static CloseReason MaximumConnections { get; } = new("Maximum Connections Exceeded", NatsErrors.Line(NatsErrors.MaximumConnections));

    public static CloseReason MaximumAccountConnections { get; } =
        new("Maximum Account Connections Exceeded", NatsErrors.Line(NatsErrors.MaximumAccountConnections));

    /// <summary>Without a word.</summary>
    public static CloseReason ProtocolViolation { get; } = new("Protocol Violation");

    /// <summary>The client reported an error of its own.</summary>
    public static CloseReason ClientError { get; } = new("Parse Error");

    public static CloseReason ServerShutdown { get; } = new("Server Shutdown");

    public static CloseReason Protocol(string name, ReadOnlySpan<byte> error) => new(name, NatsErrors.Line(error));
}

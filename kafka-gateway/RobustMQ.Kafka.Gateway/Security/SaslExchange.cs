namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>A login that a handshake has begun.</summary>
internal sealed record SaslExchange(string Mechanism);

using RobustMQ.Kafka.Gateway.Connections;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>A login that a handshake has begun, by one mechanism.</summary>
internal abstract class SaslExchange
{
    /// <summary>Takes the client's next message.</summary>
    public abstract ValueTask<SaslStep> NextAsync(ReadOnlyMemory<byte> message, KafkaConnection connection, CancellationToken cancellationToken);
}

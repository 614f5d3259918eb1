namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>A response that says how long the broker will not read from its client, which waits for that long instead of taking its silence for trouble (KIP-219).</summary>
public abstract class ThrottledResponse
{
    public int ThrottleMs;
}

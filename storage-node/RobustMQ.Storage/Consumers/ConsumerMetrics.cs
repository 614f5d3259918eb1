using RobustMQ.Storage.Nodes;

namespace RobustMQ.Storage.Consumers;

/// <summary>What the consumers of a node do, all together.</summary>
internal sealed class ConsumerMetrics
{
    private long _delivered;
    private long _answered;
    private long _dead;

    public void Delivered(int records) => Interlocked.Add(ref _delivered, records);

    public void Answered(int records) => Interlocked.Add(ref _answered, records);

    public void Died() => Interlocked.Increment(ref _dead);

    public void Observe(StorageMetrics metrics)
    {
        metrics.Count("consumers.delivered", () => Interlocked.Read(ref _delivered), "{record}");
        metrics.Count("consumers.answered", () => Interlocked.Read(ref _answered), "{record}");
        metrics.Count("consumers.dead", () => Interlocked.Read(ref _dead), "{record}");
    }
}

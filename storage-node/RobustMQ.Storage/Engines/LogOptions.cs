using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Engines;

/// <summary>What a log needs to know of its topic. Can change while the log is open.</summary>
public sealed record LogOptions
{
    public Retention Retention { get; init; } = Retention.Unlimited;

    /// <summary>Largest batch, bytes.</summary>
    public int MaxBatchBytes { get; init; } = 8 << 20;
}

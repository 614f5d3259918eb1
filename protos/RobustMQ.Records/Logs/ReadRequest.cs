namespace RobustMQ.Records.Logs;

/// <summary>What to read, and how long to wait for it.</summary>
public sealed record ReadRequest
{
    public const int DefaultMaxBytes = 1 << 20;

    public required TopicPartition Log { get; init; }

    public ReadStart Start { get; init; }

    public Offset Offset { get; init; }

    /// <summary>Unix milliseconds, for <see cref="ReadStart.Time"/>.</summary>
    public long TimeMs { get; init; }

    /// <summary>Only records whose subject matches one of these; empty: all.</summary>
    public IReadOnlyList<SubjectFilter> Filters { get; init; } = [];

    /// <summary>One batch is returned even where it alone is larger.</summary>
    public int MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>0: no limit of its own.</summary>
    public int MaxRecords { get; init; }

    /// <summary>Wait for this much, at most <see cref="MaxWait"/>.</summary>
    public int MinBytes { get; init; } = 1;

    public TimeSpan MaxWait { get; init; }
}

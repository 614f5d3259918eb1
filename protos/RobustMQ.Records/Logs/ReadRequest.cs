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

    /// <summary>Only records of this priority lane (0: those without a priority); null: all. A batch of the answer then holds nothing else.</summary>
    public byte? Lane { get; init; }

    /// <summary>
    /// Highest priority first, in offset order within each lane, however few records are asked for. Begins at <see cref="LanePositions"/>; lanes that are not named there
    /// begin at <see cref="Start"/>. Batches of the answer follow each other in this order, not by offset, and hold wanted records of one lane each.
    /// </summary>
    public bool ByPriority { get; init; }

    public IReadOnlyList<LanePosition> LanePositions { get; init; } = [];

    /// <summary>One batch is returned even where it alone is larger.</summary>
    public int MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>Stop after the batch that reaches it; with <see cref="Lane"/> or <see cref="ByPriority"/> exactly at it. 0: no limit of its own.</summary>
    public int MaxRecords { get; init; }

    /// <summary>Wait for this much, at most <see cref="MaxWait"/>.</summary>
    public int MinBytes { get; init; } = 1;

    public TimeSpan MaxWait { get; init; }
}

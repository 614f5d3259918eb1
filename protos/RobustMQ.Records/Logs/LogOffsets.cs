namespace RobustMQ.Records.Logs;

/// <summary>Where a log begins and ends, and how much it holds.</summary>
public readonly record struct LogOffsets
{
    public ErrorCode Error { get; init; }

    public Offset Start { get; init; }

    /// <summary>Offset that the next record will get; as <see cref="ReadIsolation"/> says, how far the log is decided.</summary>
    public Offset End { get; init; }

    /// <summary>First offset at or after the time asked for; <see cref="Offset.None"/> where there is none or none was asked for.</summary>
    public Offset AtTime { get; init; }

    public long AtTimeTimestampMs { get; init; }

    public long SizeBytes { get; init; }

    public long RecordCount { get; init; }

    public Epoch LeaderEpoch { get; init; }
}

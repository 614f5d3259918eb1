namespace RobustMQ.Records.Consumers;

/// <summary>How much may wait for a consumer: records that match and were not handed out yet. 0 means no limit.</summary>
public sealed record BacklogLimit
{
    public long MaxRecords { get; init; }

    /// <summary>Bytes of their keys, values and headers.</summary>
    public long MaxBytes { get; init; }

    public BacklogOverflow Overflow { get; init; }
}

namespace RobustMQ.Records.Topics;

/// <summary>How long records are kept, per partition. 0 means no limit; whichever limit is reached first removes the oldest.</summary>
public sealed record Retention
{
    public static Retention Unlimited { get; } = new();

    public RetentionPolicy Policy { get; init; }

    public long MaxAgeMs { get; init; }

    public long MaxBytes { get; init; }

    public long MaxRecords { get; init; }

    public long MaxRecordsPerKey { get; init; }
}

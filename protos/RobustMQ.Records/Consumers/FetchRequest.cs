namespace RobustMQ.Records.Consumers;

/// <summary>How much to fetch of a consumer, and how long to wait for it.</summary>
public sealed record FetchRequest
{
    public required ConsumerRef Consumer { get; init; }

    public int MaxRecords { get; init; } = 100;

    /// <summary>One record is handed out even where it alone is larger.</summary>
    public int MaxBytes { get; init; } = 1 << 20;

    /// <summary>Answers as soon as there is one record, or with none after this time. Zero: at once.</summary>
    public TimeSpan MaxWait { get; init; }

    /// <summary>How long what is fetched stays this caller's, instead of the consumer's <see cref="ConsumerSpec.AckWait"/>. Null: that one.</summary>
    public TimeSpan? AckWait { get; init; }

    /// <summary>The calling thread has nothing better to do than to wait for the answer: a storage-node in the same process may look for the records on it.</summary>
    public bool MayBlock { get; init; }
}

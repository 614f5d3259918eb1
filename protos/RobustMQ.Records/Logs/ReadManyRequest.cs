namespace RobustMQ.Records.Logs;

/// <summary>
/// Many logs read at once, whole batches each, as a consumer of many partitions reads them. They are read in the order given until <see cref="MaxBytes"/> are there, so who
/// asks again and again turns the order to be fair.
/// </summary>
public sealed record ReadManyRequest
{
    public required IReadOnlyList<LogPosition> Logs { get; init; }

    /// <summary>
    /// Of all logs together. The first batch found is returned even where it alone is larger; the first one behind it that does not fit ends the reading, and the logs behind
    /// say only what they hold.
    /// </summary>
    public int MaxBytes { get; init; } = ReadRequest.DefaultMaxBytes;

    /// <summary>Wait for this much in all, at most <see cref="MaxWait"/>. A log that cannot be read ends the wait.</summary>
    public int MinBytes { get; init; } = 1;

    public TimeSpan MaxWait { get; init; }

    public ReadIsolation Isolation { get; init; }
}

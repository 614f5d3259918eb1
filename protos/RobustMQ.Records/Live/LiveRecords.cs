namespace RobustMQ.Records.Live;

/// <summary>A batch with the records that match a feed's filters. The bytes are valid during the call that hands it over.</summary>
public readonly struct LiveRecords
{
    public required TopicPartition Log { get; init; }

    public required ReadOnlyMemory<byte> Batch { get; init; }

    /// <summary>Queue groups that this feed serves, by index into <see cref="Batch"/>, ascending.</summary>
    public ReadOnlyMemory<QueuePick> Picks { get; init; }
}

namespace RobustMQ.Records.Consumers;

/// <summary>
/// Records of one log for one member, in the order of delivery. The bytes and marks belong to whoever hands them out; how long they are valid is said there.
/// <see cref="DeliveryReader"/> walks through them.
/// </summary>
public readonly struct Deliveries
{
    public required TopicPartition Log { get; init; }

    /// <summary>
    /// Whole record batches one behind the other that hold the delivered records and no other ones, offsets kept. A batch is compressed only where a producer compressed it and all of it is delivered.
    /// </summary>
    public required ReadOnlyMemory<byte> Batches { get; init; }

    /// <summary>One for each record, in the same order.</summary>
    public required ReadOnlyMemory<DeliveryMark> Marks { get; init; }

    /// <summary>Ids of the bindings that match, each record's ascending.</summary>
    public required ReadOnlyMemory<int> BindingIds { get; init; }

    /// <summary>Records that waited for the consumer behind these when they were handed out.</summary>
    public long Waiting { get; init; }
}

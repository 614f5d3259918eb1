namespace RobustMQ.Records.Batches;

/// <summary>One decoded record: slices of its batch, valid as long as the batch's bytes.</summary>
public readonly ref struct Record
{
    public required Offset Offset { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long TimestampMs { get; init; }

    public required RecordAttributes Attributes { get; init; }

    public required bool HasKey { get; init; }

    public required ReadOnlySpan<byte> Key { get; init; }

    /// <summary>False for a null value (Kafka: tombstone).</summary>
    public required bool HasValue { get; init; }

    public required ReadOnlySpan<byte> Value { get; init; }

    public required RecordHeaders Headers { get; init; }

    public bool KeyIsSubject => (Attributes & RecordAttributes.KeyIsSubject) != 0;
}

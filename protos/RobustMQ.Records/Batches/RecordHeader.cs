namespace RobustMQ.Records.Batches;

/// <summary>One header of a record.</summary>
public readonly ref struct RecordHeader
{
    public required ReadOnlySpan<byte> Name { get; init; }

    /// <summary>False for a null value.</summary>
    public required bool HasValue { get; init; }

    public required ReadOnlySpan<byte> Value { get; init; }
}

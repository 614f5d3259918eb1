namespace RobustMQ.Records.Consumers;

/// <summary>A consumer as it is. Counts are exact at one moment.</summary>
public sealed record ConsumerState
{
    public required ConsumerSpec Spec { get; init; }

    /// <summary>Raised by every change of the spec or its bindings; never by deliveries.</summary>
    public long Revision { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long CreatedMs { get; init; }

    /// <summary>Records that wait: matched and not handed out, or handed out and given back.</summary>
    public long Waiting { get; init; }

    /// <summary>Bytes of their keys, values and headers.</summary>
    public long WaitingBytes { get; init; }

    /// <summary>Handed out and not acknowledged.</summary>
    public long Pending { get; init; }

    /// <summary>Number of the last first delivery: <see cref="DeliveryMark.Sequence"/>.</summary>
    public long LastSequence { get; init; }

    /// <summary>Deliveries, repeated ones included. Since the consumer was created, as the following ones.</summary>
    public long Delivered { get; init; }

    public long Redelivered { get; init; }

    /// <summary>Records done by acknowledgement.</summary>
    public long Acknowledged { get; init; }

    /// <summary>Records given up, for whatever reason; with a dead-letter policy they were passed on.</summary>
    public long Dead { get; init; }

    /// <summary>By log: records before <see cref="ConsumerPosition.AckFloor"/> are done.</summary>
    public IReadOnlyList<ConsumerPosition> Positions { get; init; } = [];

    public IReadOnlyList<ConsumerMemberState> Members { get; init; } = [];
}

/// <summary>How far a consumer is in one log.</summary>
/// <param name="Position">Next record that it will look at for a first delivery.</param>
/// <param name="AckFloor">Every record before it that matches is done.</param>
public readonly record struct ConsumerPosition(TopicPartition Log, Offset Position, Offset AckFloor);

/// <summary>A member that is joined.</summary>
/// <param name="IsActive">False while another one is the single active one.</param>
public sealed record ConsumerMemberState(string Member, long Epoch, int Priority, bool IsActive, int CreditRecords, long Pending);

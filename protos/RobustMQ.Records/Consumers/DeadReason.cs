namespace RobustMQ.Records.Consumers;

/// <summary>Why a consumer gave a record up; its text is the value of <c>rmq-dead-reason</c>.</summary>
public enum DeadReason
{
    /// <summary><c>rejected</c></summary>
    Rejected = 0,

    /// <summary><c>deliveries</c>: handed out <see cref="ConsumerSpec.MaxDeliver"/> times.</summary>
    Deliveries = 1,

    /// <summary><c>expired</c>: its own time or the consumer's <see cref="ConsumerSpec.RecordTtl"/> ran out before anybody got it.</summary>
    Expired = 2,

    /// <summary><c>backlog</c>: dropped to keep the consumer's backlog within its limit.</summary>
    Backlog = 3,
}

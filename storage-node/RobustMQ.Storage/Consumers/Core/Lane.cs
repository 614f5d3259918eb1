namespace RobustMQ.Storage.Consumers.Core;

/// <summary>The records of one priority in one log. A consumer without priority order has one lane a log.</summary>
internal sealed class Lane(byte priority, long position)
{
    private SortedSet<long>? _unacknowledged;

    public byte Priority { get; } = priority;

    /// <summary>Matching records before it were handed out (or are none of the consumer's business).</summary>
    public long Position { get; set; } = position;

    /// <summary>Ack policy all: everything before it is done.</summary>
    public long AckedTo { get; set; } = position;

    /// <summary>Matching records from <see cref="Position"/> on, as far as they are known.</summary>
    public Queue<ReadyRecord> Ready { get; } = new();

    /// <summary>Ack policy all: handed out and not done, ascending.</summary>
    public SortedSet<long> Unacknowledged => _unacknowledged ??= [];

    public long? FirstUnacknowledged => _unacknowledged is { Count: > 0 } ? _unacknowledged.Min : null;

    /// <summary>The position differs from what was written last.</summary>
    public bool IsMoved { get; set; }

    public void MoveTo(long position)
    {
        Position = position;
        IsMoved = true;
    }
}

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>What can happen to a consumer's durable state between two snapshots (docs/formats/consumers.md). Numbers never change.</summary>
internal enum OpKind : byte
{
    /// <summary><c>log | priority | offset | bytes</c>: handed out for the first time; it is pending, and the lane goes on behind it. The next number of the consumer is its.</summary>
    Handed = 1,

    /// <summary><c>log | offset</c>: handed out once more.</summary>
    Again = 2,

    /// <summary><c>log | offset</c>: not pending any more.</summary>
    Done = 3,

    /// <summary><c>log | offset | note</c></summary>
    Note = 4,

    /// <summary><c>log | offset</c>: the last delivery does not count.</summary>
    Released = 5,

    /// <summary><c>log | priority | position</c>: the lane goes on there.</summary>
    Moved = 6,

    /// <summary><c>log | priority | position</c>: ack policy all: everything before is done.</summary>
    AckedTo = 7,

    /// <summary><c>log | position</c>: nothing of the consumer's lies before it, in any lane.</summary>
    Advanced = 8,

    /// <summary><c>log | priority | offset | bytes</c>: pending without ever having been handed out.</summary>
    Waits = 9,

    /// <summary><c>delivered | redelivered | acknowledged | dead | sequence</c>: totals and the last number, as of now.</summary>
    Totals = 10,

    /// <summary><c>log | offset | due</c>: given back, and not delivered again before a Unix time in ms.</summary>
    Delayed = 11,
}

namespace RobustMQ.Records.Consumers;

/// <summary>What an acknowledgement means for a consumer.</summary>
public enum AckPolicy
{
    /// <summary>Each record by itself.</summary>
    Explicit = 0,

    /// <summary>
    /// A record and what was handed out before it. In a consumer with <see cref="ConsumerSpec.PriorityOrder"/> "before" is the order of delivery: of the record's own priority everything up
    /// to it, of higher priorities everything that this consumer has handed out so far, of lower ones nothing. A position never moves back.
    /// </summary>
    All = 1,

    /// <summary>None is expected: what was handed out is done.</summary>
    None = 2,
}

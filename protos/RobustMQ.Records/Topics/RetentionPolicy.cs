namespace RobustMQ.Records.Topics;

/// <summary>What, besides the limits, lets a record go.</summary>
public enum RetentionPolicy
{
    Limits = 0,

    /// <summary>Every consumer has acknowledged it.</summary>
    Interest = 1,

    /// <summary>One consumer has acknowledged it.</summary>
    WorkQueue = 2,
}

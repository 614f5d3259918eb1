namespace RobustMQ.Records.Consumers;

/// <summary>What happens when a backlog is full.</summary>
public enum BacklogOverflow
{
    /// <summary>The oldest records that wait are given up (<see cref="DeadReason.Backlog"/>).</summary>
    DropOldest = 0,

    /// <summary>
    /// Appends that bring this consumer a record are refused as a whole with <see cref="ErrorCode.LimitExceeded"/>. Appends that were under way when the limit was reached may still come in.
    /// </summary>
    RefuseAppends = 1,
}

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>Where a group is between two generations. The names are those that DescribeGroups shows.</summary>
internal enum GroupPhase
{
    /// <summary>No members; there may be offsets.</summary>
    Empty = 0,

    /// <summary>Members are asked to join again; those that have wait for the others.</summary>
    PreparingRebalance = 1,

    /// <summary>Everybody has joined; the leader computes who reads what.</summary>
    CompletingRebalance = 2,
    Stable = 3,
}

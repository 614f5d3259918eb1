using System.Text.RegularExpressions;

namespace RobustMQ.Kafka.Gateway.Groups.Consumers;

/// <summary>A heartbeat. Null: as before.</summary>
/// <param name="Epoch">0: joins, -1: leaves, -2: a static member leaves for a moment.</param>
internal sealed record ConsumerIntent(
    string MemberId, int Epoch, string? InstanceId, string? RackId, string ClientId, string ClientHost, TimeSpan? RebalanceTimeout, IReadOnlyList<string>? Topics, Regex? Expression,
    bool ClearsExpression, string? Assignor, IReadOnlySet<MemberPartition>? Owned)
{
    public const int Joins = 0;
    public const int Leaves = -1;
    public const int LeavesForAMoment = -2;

    /// <summary>A member that says everything wants to be told everything.</summary>
    public bool IsFull => Epoch == Joins || (RebalanceTimeout is not null && (Topics is not null || Expression is not null) && Owned is not null);
}

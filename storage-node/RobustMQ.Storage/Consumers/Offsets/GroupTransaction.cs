using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers.Offsets;

/// <summary>What a group knows of one producer's transactions: how many have ended, and the offsets of the one that is open.</summary>
internal sealed class GroupTransaction
{
    public short Epoch { get; set; } = -1;

    public int CoordinatorEpoch { get; set; } = -1;

    public long Ended { get; set; }

    public long ChangedMs { get; set; }

    /// <summary>Null: none is open.</summary>
    public Dictionary<TopicPartition, GroupOffset>? Pending { get; set; }
}

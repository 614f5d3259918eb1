namespace RobustMQ.Records.Consumers;

/// <summary>How far a group says that it is in one log. Kept as given: the storage-node draws no conclusions from it.</summary>
/// <param name="Offset">Next record that the group wants.</param>
/// <param name="LeaderEpoch">As the group knows it; <see cref="Epoch.None"/>: not given.</param>
/// <param name="Metadata">Free text of the group, 4 KiB at most.</param>
/// <param name="CommittedMs">Unix milliseconds; set by the storage-node.</param>
public readonly record struct GroupOffset(TopicPartition Log, Offset Offset, Epoch LeaderEpoch, string Metadata = "", long CommittedMs = 0);

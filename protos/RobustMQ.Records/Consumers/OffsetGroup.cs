namespace RobustMQ.Records.Consumers;

/// <summary>A group that has committed offsets.</summary>
/// <param name="Generation">The highest seen; -1: none.</param>
/// <param name="LastCommitMs">Unix milliseconds.</param>
public sealed record OffsetGroup(Namespace Namespace, string Group, long Generation, int Offsets, long LastCommitMs);

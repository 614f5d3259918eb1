namespace RobustMQ.Records.Consumers;

/// <summary>Outcome of a look-up of a group's offsets. Logs without one are left out; a group that is not known has none.</summary>
public readonly record struct GroupOffsets(ErrorCode Error, long Generation, IReadOnlyList<GroupOffset> Offsets)
{
    /// <summary>Logs, of those asked for, that a transaction which is still open has committed an offset of.</summary>
    public IReadOnlyList<TopicPartition> Unstable { get; init; } = [];

    public bool Succeeded => Error == ErrorCode.None;

    public static GroupOffsets Failed(ErrorCode error) => new(error, -1, []);
}

using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Mapping;

/// <summary>Plain offsets to messages and back.</summary>
internal static class OffsetMapping
{
    public static Proto.CommitOffsetsRequest ToMessage(OffsetCommit commit)
    {
        var message = new Proto.CommitOffsetsRequest { Namespace = commit.Namespace.Value, Group = commit.Group, Generation = commit.Generation };
        foreach (var offset in commit.Offsets)
        {
            message.Offsets.Add(new Proto.GroupOffset
            {
                Log = LogMapping.ToMessage(offset.Log),
                Offset = offset.Offset.Value,
                LeaderEpoch = offset.LeaderEpoch.Value,
                Metadata = offset.Metadata,
            });
        }
        return message;
    }

    public static Proto.CommitPendingOffsetsRequest ToMessage(PendingCommit commit)
    {
        var message = new Proto.CommitPendingOffsetsRequest { Commit = ToMessage(commit.Commit), ProducerId = commit.ProducerId, ProducerEpoch = commit.ProducerEpoch };
        if (commit.BeginsAfter is { } ended)
            message.BeginsAfter = ended;
        return message;
    }

    public static Proto.EndPendingOffsetsRequest ToMessage(PendingEnd end) => new()
    {
        Namespace = end.Namespace.Value,
        Group = end.Group,
        ProducerId = end.ProducerId,
        ProducerEpoch = end.ProducerEpoch,
        CoordinatorEpoch = end.CoordinatorEpoch,
        Commit = end.IsCommit,
    };

    public static GroupOffsets FromMessage(Proto.FetchOffsetsReply reply) =>
        new(Errors.Code(reply.Error), reply.Generation, [.. reply.Offsets.Select(FromMessage)]) { Unstable = [.. reply.Unstable.Select(LogMapping.FromMessage)] };

    public static OffsetGroup FromMessage(Proto.ListOffsetGroupsReply.Types.Group group) =>
        new(Names.Namespace(group.Namespace), group.Group_, group.Generation, group.Offsets, group.LastCommitMs);

    private static GroupOffset FromMessage(Proto.GroupOffset offset) =>
        new(LogMapping.FromMessage(offset.Log), new Offset(offset.Offset), new Epoch(offset.LeaderEpoch), offset.Metadata, offset.CommittedMs);
}

using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.StorageNode.Mapping;

/// <summary>Plain offsets to messages and back.</summary>
internal static class OffsetMapping
{
    public static OffsetCommit FromMessage(Proto.CommitOffsetsRequest message) => new()
    {
        Namespace = Names.ToNamespace(message.Namespace),
        Group = message.Group,
        Generation = message.Generation,
        Offsets = [.. message.Offsets.Select(FromMessage)],
    };

    public static Proto.FetchOffsetsReply ToReply(in GroupOffsets offsets)
    {
        var reply = new Proto.FetchOffsetsReply { Error = Errors.ToMessage(offsets.Error), Generation = offsets.Generation };
        foreach (var offset in offsets.Offsets)
        {
            reply.Offsets.Add(new Proto.GroupOffset
            {
                Log = Names.ToMessage(offset.Log),
                Offset = offset.Offset.Value,
                LeaderEpoch = offset.LeaderEpoch.Value,
                Metadata = offset.Metadata,
                CommittedMs = offset.CommittedMs,
            });
        }
        return reply;
    }

    public static Proto.ListOffsetGroupsReply.Types.Group ToMessage(OffsetGroup group) => new()
    {
        Namespace = group.Namespace.Value,
        Group_ = group.Group,
        Generation = group.Generation,
        Offsets = group.Offsets,
        LastCommitMs = group.LastCommitMs,
    };

    private static GroupOffset FromMessage(Proto.GroupOffset message) =>
        new(Names.ToLog(message.Log), new Offset(message.Offset), new Epoch(message.LeaderEpoch), message.Metadata);
}

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
        reply.Unstable.AddRange(offsets.Unstable.Select(Names.ToMessage));
        return reply;
    }

    public static PendingCommit FromMessage(Proto.CommitPendingOffsetsRequest message) =>
        new(FromMessage(message.Commit ?? new Proto.CommitOffsetsRequest()), message.ProducerId, ToEpoch(message.ProducerEpoch), message.HasBeginsAfter ? message.BeginsAfter : null);

    public static PendingEnd FromMessage(Proto.EndPendingOffsetsRequest message) =>
        new(Names.ToNamespace(message.Namespace), message.Group, message.ProducerId, ToEpoch(message.ProducerEpoch), message.CoordinatorEpoch, message.Commit);

    public static Proto.ListOffsetGroupsReply.Types.Group ToMessage(OffsetGroup group) => new()
    {
        Namespace = group.Namespace.Value,
        Group_ = group.Group,
        Generation = group.Generation,
        Offsets = group.Offsets,
        LastCommitMs = group.LastCommitMs,
    };

    private static short ToEpoch(int epoch) => epoch is >= 0 and <= short.MaxValue ? (short)epoch : throw new FormatException("a producer's epoch is 0 to 32767");

    private static GroupOffset FromMessage(Proto.GroupOffset message) =>
        new(Names.ToLog(message.Log), new Offset(message.Offset), new Epoch(message.LeaderEpoch), message.Metadata);
}

using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Mapping;

/// <summary>A node's own messages and leases to the vocabulary.</summary>
internal static class NodeMapping
{
    public static NodeIdentity FromMessage(Proto.IdentityReply reply) =>
        new(reply.NodeId, reply.Incarnation, reply.Version, new Epoch(reply.Epoch));

    public static NodeHealth FromMessage(Proto.HealthReply reply) =>
        new(reply.Ready, [.. reply.Stages.Select(stage => new HealthStage(stage.Name, stage.Healthy, stage.Detail))]);

    public static NodeHealth Unreachable(string detail) => new(false, [new HealthStage("connection", false, detail)]);

    public static NodeStats FromMessage(Proto.StatsReply reply) =>
        new()
        {
            Topics = reply.Topics,
            Logs = reply.Logs,
            RecordsAppended = reply.RecordsAppended,
            BytesAppended = reply.BytesAppended,
            BatchesAppended = reply.BatchesAppended,
            RecordsRead = reply.RecordsRead,
            BytesRead = reply.BytesRead,
            LiveRecordsDelivered = reply.LiveRecordsDelivered,
            LiveRecordsDropped = reply.LiveRecordsDropped,
            Subscribers = reply.Subscribers,
            Leases = reply.Leases,
            LogBytes = reply.LogBytes,
            LogSyncs = reply.LogSyncs,
            LogReads = reply.LogReads,
            Uptime = TimeSpan.FromMilliseconds(reply.UptimeMs),
        };

    public static ProducerIdentity FromMessage(Proto.AllocateProducerReply reply) =>
        new(Errors.Code(reply.Error), reply.ProducerId, (short)reply.ProducerEpoch);

    public static LeaseResult FromMessage(Proto.LeaseReply reply) =>
        new(Errors.Code(reply.Error), reply.Lease is null ? null : FromMessage(reply.Lease));

    public static LeaseEvent FromMessage(Proto.LeaseEvent change) =>
        new((LeaseEventKind)change.Kind, change.Lease is null ? null : FromMessage(change.Lease), change.Revision);

    private static Lease FromMessage(Proto.Lease lease) =>
        new(lease.Name, lease.Holder, lease.Value.Memory, TimeSpan.FromMilliseconds(lease.TtlMs), lease.Revision);
}

using Google.Protobuf;
using RobustMQ.Records.Nodes;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.StorageNode.Mapping;

/// <summary>The node's own answers and leases to messages.</summary>
internal static class NodeMapping
{
    public static Proto.IdentityReply ToReply(NodeIdentity identity) =>
        new() { NodeId = identity.NodeId, Incarnation = identity.Incarnation, Version = identity.Version, Epoch = identity.Epoch.Value };

    public static Proto.HealthReply ToReply(NodeHealth health)
    {
        var reply = new Proto.HealthReply { Ready = health.IsReady };
        foreach (var stage in health.Stages)
            reply.Stages.Add(new Proto.HealthReply.Types.Stage { Name = stage.Name, Healthy = stage.IsHealthy, Detail = stage.Detail });
        return reply;
    }

    public static Proto.StatsReply ToReply(NodeStats stats) => new()
    {
        Topics = stats.Topics,
        Logs = stats.Logs,
        RecordsAppended = stats.RecordsAppended,
        BytesAppended = stats.BytesAppended,
        BatchesAppended = stats.BatchesAppended,
        RecordsRead = stats.RecordsRead,
        BytesRead = stats.BytesRead,
        LiveRecordsDelivered = stats.LiveRecordsDelivered,
        LiveRecordsDropped = stats.LiveRecordsDropped,
        Subscribers = stats.Subscribers,
        Leases = stats.Leases,
        LogBytes = stats.LogBytes,
        LogSyncs = stats.LogSyncs,
        LogReads = stats.LogReads,
        UptimeMs = (long)stats.Uptime.TotalMilliseconds,
    };

    public static Proto.LeaseReply ToReply(LeaseResult result) =>
        new() { Error = Errors.ToMessage(result.Error), Lease = result.Lease is { } lease ? ToMessage(lease) : null };

    public static Proto.LeaseEvent ToMessage(LeaseEvent change) => new()
    {
        Kind = (Proto.LeaseEvent.Types.Kind)change.Kind,
        Lease = change.Lease is { } lease ? ToMessage(lease) : null,
        Revision = change.Revision,
    };

    private static Proto.Lease ToMessage(Lease lease) => new()
    {
        Name = lease.Name,
        Holder = lease.Holder,
        Value = ByteString.CopyFrom(lease.Value.Span),
        TtlMs = (long)lease.Ttl.TotalMilliseconds,
        Revision = lease.Revision,
    };
}

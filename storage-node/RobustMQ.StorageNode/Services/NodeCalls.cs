using Grpc.Core;
using RobustMQ.Protos.V1;
using RobustMQ.Storage;
using RobustMQ.StorageNode.Mapping;
using RobustMQ.StorageNode.Streams;

namespace RobustMQ.StorageNode.Services;

/// <summary><c>NodeService</c>: the node itself, producer ids, leases.</summary>
internal sealed class NodeCalls(NodeStorage node, ServerLife life) : NodeService.NodeServiceBase
{
    public override Task<IdentityReply> Identity(IdentityRequest request, ServerCallContext context) => Task.FromResult(NodeMapping.ToReply(node.Identity));

    public override Task<HealthReply> Health(HealthRequest request, ServerCallContext context) => Task.FromResult(NodeMapping.ToReply(node.Health));

    public override Task<StatsReply> Stats(StatsRequest request, ServerCallContext context) => Task.FromResult(NodeMapping.ToReply(node.Stats));

    public override async Task<AllocateProducerReply> AllocateProducer(AllocateProducerRequest request, ServerCallContext context)
    {
        if (request.ProducerId < 0)
            throw new FormatException("producer_id is negative");
        var producer = await node.Producers.AllocateAsync(request.ProducerId, context.CancellationToken).ConfigureAwait(false);
        return new AllocateProducerReply { Error = Errors.ToMessage(producer.Error), ProducerId = producer.ProducerId, ProducerEpoch = producer.Epoch };
    }

    public override async Task<LeaseReply> AcquireLease(AcquireLeaseRequest request, ServerCallContext context) =>
        NodeMapping.ToReply(
            await node.Leases.AcquireAsync(
                request.Name, request.Holder, request.Value.Memory, TtlOf(request.TtlMs), request.Steal, context.CancellationToken).ConfigureAwait(false));

    public override async Task<LeaseReply> RenewLease(RenewLeaseRequest request, ServerCallContext context) =>
        NodeMapping.ToReply(
            await node.Leases.RenewAsync(
                // Without the cast no value would be an empty one.
                request.Name, request.Revision, request.HasValue ? (ReadOnlyMemory<byte>?)request.Value.Memory : null, context.CancellationToken).ConfigureAwait(false));

    public override async Task<LeaseReply> ReleaseLease(ReleaseLeaseRequest request, ServerCallContext context) =>
        NodeMapping.ToReply(await node.Leases.ReleaseAsync(request.Name, request.Revision, context.CancellationToken).ConfigureAwait(false));

    public override async Task<LeaseReply> GetLease(GetLeaseRequest request, ServerCallContext context) =>
        NodeMapping.ToReply(await node.Leases.GetAsync(request.Name, context.CancellationToken).ConfigureAwait(false));

    public override async Task WatchLeases(WatchLeasesRequest request, IServerStreamWriter<LeaseEvent> replies, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, life.Draining);
        var changes = node.Leases.WatchAsync(request.Prefix, ending.Token);
        await WatchStream.RunAsync(changes, NodeMapping.ToMessage, replies, context, ending.Token).ConfigureAwait(false);
    }

    private static TimeSpan TtlOf(long milliseconds) => milliseconds is > 0 and <= int.MaxValue * 1000L
        ? TimeSpan.FromMilliseconds(milliseconds)
        : throw new FormatException("ttl_ms is out of range");
}

using System.Runtime.CompilerServices;
using Google.Protobuf;
using RobustMQ.Protos.V1;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Client.Mapping;
using RobustMQ.Storage.Client.Transport;
using Lease = RobustMQ.Records.Nodes.Lease;
using LeaseEvent = RobustMQ.Records.Nodes.LeaseEvent;

namespace RobustMQ.Storage.Client.Calls;

/// <summary>The node itself, producer ids and leases over gRPC.</summary>
internal sealed class GrpcNodeClient(NodeService.NodeServiceClient client, NodeCalls calls, NodeStreams streams) : INodeClient
{
    public async ValueTask<NodeIdentity> IdentityAsync(CancellationToken cancellationToken = default) =>
        NodeMapping.FromMessage(
            (await calls.QueryAsync(client.IdentityAsync, new IdentityRequest(), cancellationToken).ConfigureAwait(false)).GetReply("identity"));

    public async ValueTask<NodeHealth> HealthAsync(CancellationToken cancellationToken = default)
    {
        var outcome = await calls.QueryAsync(client.HealthAsync, new HealthRequest(), cancellationToken).ConfigureAwait(false);
        return outcome.Reply is { } reply ? NodeMapping.FromMessage(reply) : NodeMapping.Unreachable(outcome.Message ?? outcome.Error.ToString());
    }

    public async ValueTask<NodeStats> StatsAsync(CancellationToken cancellationToken = default) =>
        NodeMapping.FromMessage((await calls.QueryAsync(client.StatsAsync, new StatsRequest(), cancellationToken).ConfigureAwait(false)).GetReply("stats"));

    public async ValueTask<ProducerIdentity> AllocateProducerAsync(long producerId = 0, CancellationToken cancellationToken = default)
    {
        var request = new AllocateProducerRequest { ProducerId = producerId };
        var outcome = await calls.QueryAsync(client.AllocateProducerAsync, request, static reply => reply.Error, cancellationToken).ConfigureAwait(false);
        return outcome.Reply is { } reply ? NodeMapping.FromMessage(reply) : new ProducerIdentity(outcome.Error, -1, -1);
    }

    public ValueTask<LeaseResult> AcquireLeaseAsync(
        string name, string holder, ReadOnlyMemory<byte> value, TimeSpan ttl, bool steal = false, CancellationToken cancellationToken = default)
    {
        var request = new AcquireLeaseRequest
        {
            Name = name,
            Holder = holder,
            Value = ByteString.CopyFrom(value.Span),
            TtlMs = (long)ttl.TotalMilliseconds,
            Steal = steal,
        };
        return ResultOf(calls.QueryAsync(client.AcquireLeaseAsync, request, static reply => reply.Error, cancellationToken));
    }

    public ValueTask<LeaseResult> RenewLeaseAsync(
        string name, long revision, ReadOnlyMemory<byte>? value = null, CancellationToken cancellationToken = default)
    {
        var request = new RenewLeaseRequest { Name = name, Revision = revision };
        if (value is not { } bytes)
            return ResultOf(calls.QueryAsync(client.RenewLeaseAsync, request, static reply => reply.Error, cancellationToken));
        request.Value = ByteString.CopyFrom(bytes.Span);
        return ResultOf(calls.ChangeAsync(client.RenewLeaseAsync, request, static reply => reply.Error, cancellationToken));
    }

    public ValueTask<LeaseResult> ReleaseLeaseAsync(string name, long revision, CancellationToken cancellationToken = default) =>
        ResultOf(calls.ChangeAsync(
            client.ReleaseLeaseAsync, new ReleaseLeaseRequest { Name = name, Revision = revision }, static reply => reply.Error, cancellationToken));

    public ValueTask<LeaseResult> GetLeaseAsync(string name, CancellationToken cancellationToken = default) =>
        ResultOf(calls.QueryAsync(client.GetLeaseAsync, new GetLeaseRequest { Name = name }, static reply => reply.Error, cancellationToken));

    public async IAsyncEnumerable<LeaseEvent> WatchLeasesAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var told = new ToldLeases();
        while (true)
        {
            await using var stream = await streams.OpenAsync(client.WatchLeases, new WatchLeasesRequest { Prefix = prefix }, cancellationToken).ConfigureAwait(false);
            told.BeginAnew();
            while (await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                var change = NodeMapping.FromMessage(stream.Current);
                foreach (var gone in told.Take(change))
                    yield return gone;
                yield return change;
            }
        }
    }

    private static async ValueTask<LeaseResult> ResultOf(ValueTask<CallOutcome<LeaseReply>> call)
    {
        var outcome = await call.ConfigureAwait(false);
        return outcome.Reply is { } reply ? NodeMapping.FromMessage(reply) : new LeaseResult(outcome.Error, null);
    }
}

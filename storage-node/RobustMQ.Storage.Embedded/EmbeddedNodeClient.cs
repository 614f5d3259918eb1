using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Client;

namespace RobustMQ.Storage.Embedded;

internal sealed class EmbeddedNodeClient(NodeStorage node) : INodeClient
{
    public ValueTask<NodeIdentity> IdentityAsync(CancellationToken cancellationToken = default) => new(node.Identity);

    public ValueTask<NodeHealth> HealthAsync(CancellationToken cancellationToken = default) => new(node.Health);

    public ValueTask<NodeStats> StatsAsync(CancellationToken cancellationToken = default) => new(node.Stats);

    public ValueTask<ProducerIdentity> AllocateProducerAsync(long producerId = 0, CancellationToken cancellationToken = default) =>
        node.Producers.AllocateAsync(producerId, cancellationToken);

    public ValueTask<LeaseResult> AcquireLeaseAsync(
        string name, string holder, ReadOnlyMemory<byte> value, TimeSpan ttl, bool steal = false, CancellationToken cancellationToken = default) =>
        node.Leases.AcquireAsync(name, holder, value, ttl, steal, cancellationToken);

    public ValueTask<LeaseResult> RenewLeaseAsync(string name, long revision, ReadOnlyMemory<byte>? value = null, CancellationToken cancellationToken = default) =>
        node.Leases.RenewAsync(name, revision, value, cancellationToken);

    public ValueTask<LeaseResult> ReleaseLeaseAsync(string name, long revision, CancellationToken cancellationToken = default) =>
        node.Leases.ReleaseAsync(name, revision, cancellationToken);

    public ValueTask<LeaseResult> GetLeaseAsync(string name, CancellationToken cancellationToken = default) => node.Leases.GetAsync(name, cancellationToken);

    public IAsyncEnumerable<LeaseEvent> WatchLeasesAsync(string prefix, CancellationToken cancellationToken = default) =>
        node.Leases.WatchAsync(prefix, cancellationToken);
}

using RobustMQ.Records;
using RobustMQ.Records.Nodes;

namespace RobustMQ.Storage.Client;

/// <summary>The storage-node itself, producer ids and leases. Outcomes are <see cref="ErrorCode"/>s.</summary>
public interface INodeClient
{
    /// <exception cref="StorageException">The node cannot be reached.</exception>
    ValueTask<NodeIdentity> IdentityAsync(CancellationToken cancellationToken = default);

    /// <summary>A node that cannot be reached is not ready, with one unhealthy stage <c>connection</c>.</summary>
    ValueTask<NodeHealth> HealthAsync(CancellationToken cancellationToken = default);

    /// <exception cref="StorageException">The node cannot be reached.</exception>
    ValueTask<NodeStats> StatsAsync(CancellationToken cancellationToken = default);

    /// <param name="producerId">0: a new one. Otherwise: this one's next epoch.</param>
    ValueTask<ProducerIdentity> AllocateProducerAsync(long producerId = 0, CancellationToken cancellationToken = default);

    ValueTask<LeaseResult> AcquireLeaseAsync(
        string name, string holder, ReadOnlyMemory<byte> value, TimeSpan ttl, bool steal = false, CancellationToken cancellationToken = default);

    /// <param name="value">Null: unchanged.</param>
    ValueTask<LeaseResult> RenewLeaseAsync(string name, long revision, ReadOnlyMemory<byte>? value = null, CancellationToken cancellationToken = default);

    ValueTask<LeaseResult> ReleaseLeaseAsync(string name, long revision, CancellationToken cancellationToken = default);

    ValueTask<LeaseResult> GetLeaseAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>The leases under a prefix, then <see cref="LeaseEventKind.CaughtUp"/>, then every change; starts over after a reconnect.</summary>
    IAsyncEnumerable<LeaseEvent> WatchLeasesAsync(string prefix, CancellationToken cancellationToken = default);
}

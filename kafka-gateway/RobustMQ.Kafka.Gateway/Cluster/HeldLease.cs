using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Cluster;

/// <summary>A lease of this gateway. It counts as held only as long as the storage-node cannot have given it to another: from before the last renewal, for its time to live.</summary>
internal sealed class HeldLease(INodeClient node, Lease lease, long heldSince, TimeProvider time)
{
    private long _heldSince = heldSince;

    public Lease Lease => lease;

    public bool IsHeld => time.GetElapsedTime(Volatile.Read(ref _heldSince)) < lease.Ttl;

    /// <returns>False: it is another's, or nobody's, by now.</returns>
    public async ValueTask<bool> RenewAsync(CancellationToken cancellationToken)
    {
        var before = time.GetTimestamp();
        var result = await node.RenewLeaseAsync(lease.Name, lease.Revision, null, cancellationToken).ConfigureAwait(false);
        if (result.Succeeded)
            Volatile.Write(ref _heldSince, before);
        // A storage-node that does not answer may still renew it in time.
        return result.Error is not (ErrorCode.Fenced or ErrorCode.NotFound);
    }

    public async ValueTask ReleaseAsync(CancellationToken cancellationToken)
    {
        // Nobody here acts on it any more, whatever the storage-node says.
        Volatile.Write(ref _heldSince, time.GetTimestamp() - (long)(lease.Ttl.TotalSeconds * time.TimestampFrequency) - 1);
        await node.ReleaseLeaseAsync(lease.Name, lease.Revision, cancellationToken).ConfigureAwait(false);
    }
}

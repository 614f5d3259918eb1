using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>
/// Who has which client identifier: one connection of all gateways (5.0 section 3.1.4). A newcomer takes the identifier's lease whoever holds it; the holder, who watches the
/// leases, closes its connection. Leases say nothing about life, so they last long and are renewed rarely. Thread-safe.
/// </summary>
internal sealed partial class ClientIds(INodeClient node, string holder, TimeProvider time, ILogger<ClientIds> logger)
{
    private const string Prefix = "mqtt/clients/";

    private static readonly TimeSpan Ttl = TimeSpan.FromDays(1);
    private static readonly TimeSpan RenewInterval = TimeSpan.FromHours(6);

    private readonly ConcurrentDictionary<string, Claim> _claims = new();

    /// <returns>The lease's revision, which is higher than that of every earlier owner; 0 where the storage-node did not say: the client must not be let in.</returns>
    public async ValueTask<long> ClaimAsync(Namespace ns, string clientId, MqttConnection connection, CancellationToken cancellationToken)
    {
        var name = LeaseNameOf(ns, clientId);
        var claim = new Claim(connection);
        Claim? old = null;
        _claims.AddOrUpdate(name, claim, (_, present) =>
        {
            old = present;
            return claim;
        });
        old?.Connection.Close(CloseReason.TakenOver);

        var result = await AcquireAsync(name, clientId, cancellationToken).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            LogNoLease(logger, result.Error);
            _claims.TryRemove(new KeyValuePair<string, Claim>(name, claim));
            return 0;
        }
        if (claim.SetRevision(result.Lease!.Revision))
            connection.Close(CloseReason.TakenOver);
        return result.Lease.Revision;
    }

    /// <summary>Once more where the answer was lost (the storage-node was started again): to take what one has changes nothing.</summary>
    private async ValueTask<LeaseResult> AcquireAsync(string name, string clientId, CancellationToken cancellationToken)
    {
        var value = Encoding.UTF8.GetBytes(clientId);
        var result = await node.AcquireLeaseAsync(name, holder, value, Ttl, steal: true, cancellationToken).ConfigureAwait(false);
        return result.Error == ErrorCode.UnknownOutcome
            ? await node.AcquireLeaseAsync(name, holder, value, Ttl, steal: true, cancellationToken).ConfigureAwait(false)
            : result;
    }

    /// <summary>The connection has ended.</summary>
    public void Release(Namespace ns, string clientId, MqttConnection connection)
    {
        var name = LeaseNameOf(ns, clientId);
        if (_claims.TryGetValue(name, out var claim) && claim.Connection == connection && _claims.TryRemove(new KeyValuePair<string, Claim>(name, claim)))
            _ = node.ReleaseLeaseAsync(name, claim.Revision).AsTask();
    }

    /// <summary>Closes what others take over, until cancelled.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in node.WatchLeasesAsync(Prefix, cancellationToken).ConfigureAwait(false))
            {
                if (change is { Kind: LeaseEventKind.Put, Lease: { } lease } && lease.Holder != holder && _claims.TryGetValue(lease.Name, out var claim)
                    && claim.IsTakenOver(lease.Revision))
                    claim.Connection.Close(CloseReason.TakenOver);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(RenewInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (var (name, claim) in _claims)
                {
                    var result = await node.RenewLeaseAsync(name, claim.Revision, cancellationToken: cancellationToken).ConfigureAwait(false);
                    if (result.Succeeded)
                        claim.SetRevision(result.Lease!.Revision);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>
    /// Client identifiers are any text of any length; leases' names are not. Half of the hash tells as many apart as there can ever be, and every connection keeps its name.
    /// </summary>
    private static string LeaseNameOf(Namespace ns, string clientId) =>
        $"{Prefix}{ns.Value}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(clientId)).AsSpan(0, 16))}";

    [LoggerMessage(Level = LogLevel.Warning, Message = "A client is turned away: the storage-node gives no lease for its identifier ({Error})")]
    private static partial void LogNoLease(ILogger logger, ErrorCode error);

    /// <summary>One connection's hold on an identifier. Another gateway may be heard of before the own revision is known.</summary>
    private sealed class Claim(MqttConnection connection)
    {
        private long _revision;
        private long _foreign;

        public MqttConnection Connection { get; } = connection;

        public long Revision => Interlocked.Read(ref _revision);

        /// <returns>Whether somebody has taken it since.</returns>
        public bool SetRevision(long revision)
        {
            Raise(ref _revision, revision);
            return Interlocked.Read(ref _foreign) > Revision;
        }

        public bool IsTakenOver(long foreignRevision)
        {
            Raise(ref _foreign, foreignRevision);
            return Revision is > 0 and var own && Interlocked.Read(ref _foreign) > own;
        }

        /// <summary>With a full fence: of two that each raise one number and then read the other's, one at least sees both.</summary>
        private static void Raise(ref long number, long to)
        {
            var present = Interlocked.Read(ref number);
            while (present < to && Interlocked.CompareExchange(ref number, to, present) is var found && found != present)
                present = found;
            Interlocked.MemoryBarrier();
        }
    }
}

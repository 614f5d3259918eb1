using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>Who has which <c>$exclusive/</c> subscription: one connection of all gateways, by a lease for each filter, which is held as long as the connection. Thread-safe.</summary>
internal sealed class ExclusiveFilters(INodeClient node, TimeProvider time)
{
    private const string Prefix = "mqtt/exclusive/";

    /// <summary>What a gateway that ends without a word holds is free after this.</summary>
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, (MqttSubscription Owner, long Revision)> _held = new();
    private readonly string _gateway = Guid.NewGuid().ToString("N");

    /// <returns><see cref="ErrorCode.LeaseHeld"/>: somebody else has it.</returns>
    public async ValueTask<ErrorCode> ClaimAsync(Namespace ns, MqttSubscription subscription)
    {
        var name = NameOf(ns, subscription);
        var holder = $"{_gateway}/{subscription.Connection.Id}";
        if (_held.TryGetValue(name, out var present))
        {
            if (present.Owner.Connection != subscription.Connection)
                return ErrorCode.LeaseHeld;
            _held[name] = (subscription, present.Revision);
            return ErrorCode.None;
        }
        var result = await node.AcquireLeaseAsync(name, holder, default, Ttl).ConfigureAwait(false);
        if (result.Succeeded)
            _held[name] = (subscription, result.Lease!.Revision);
        return result.Error;
    }

    public void Release(Namespace ns, MqttSubscription subscription)
    {
        var name = NameOf(ns, subscription);
        if (_held.TryGetValue(name, out var held) && held.Owner == subscription && _held.TryRemove(new(name, held)))
            _ = node.ReleaseLeaseAsync(name, held.Revision).AsTask();
    }

    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(RenewInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (var (name, held) in _held)
                {
                    var result = await node.RenewLeaseAsync(name, held.Revision, cancellationToken: cancellationToken).ConfigureAwait(false);
                    if (result.Succeeded)
                        _held.TryUpdate(name, (held.Owner, result.Lease!.Revision), held);
                    else if (result.Error is ErrorCode.Fenced or ErrorCode.NotFound or ErrorCode.LeaseHeld or ErrorCode.RevisionMismatch)
                        held.Owner.Connection.Close(Connections.CloseReason.StorageUnavailable);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static string NameOf(Namespace ns, MqttSubscription subscription) =>
        $"{Prefix}{ns.Value}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(subscription.Filter.Value)))}";
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RobustMQ.Amqp.Gateway.DeadLetters;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;
using RobustMQ.Records.Nodes;

namespace RobustMQ.Amqp.Gateway;

/// <summary>
/// What a gateway does for all of them: says by a lease that it lives, deletes exclusive queues of gateways that do not, queues whose time was over and what is left of an earlier life of the
/// storage-node, and brings dead letters on their way.
/// </summary>
internal sealed partial class Upkeep(AmqpGatewayState gateway, ILogger<Upkeep> logger) : IAsyncDisposable
{
    private const string Prefix = "amqp/gateways/";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, bool> _alive = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Vhost, DeadLetterRouter> _deadLetters = new();
    private volatile bool _knowsGateways;
    private long _revision;

    /// <summary>The lease is held.</summary>
    public bool IsMember => Volatile.Read(ref _revision) > 0;

    /// <summary>Keeps the lease until cancelled, then gives it up.</summary>
    public async Task LiveAsync(CancellationToken cancellationToken)
    {
        var name = Prefix + gateway.Id;
        using var timer = new PeriodicTimer(gateway.Options.LeaseTtl / 3, gateway.Time);
        try
        {
            do
            {
                var result = IsMember
                    ? await gateway.Storage.Node.RenewLeaseAsync(name, _revision, cancellationToken: cancellationToken).ConfigureAwait(false)
                    : await gateway.Storage.Node.AcquireLeaseAsync(name, gateway.Id, default, gateway.Options.LeaseTtl, steal: true, cancellationToken).ConfigureAwait(false);
                Volatile.Write(ref _revision, result.Succeeded ? result.Lease!.Revision : 0);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
        }
        if (IsMember)
            await gateway.Storage.Node.ReleaseLeaseAsync(name, _revision, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Follows which gateways live, until cancelled.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in gateway.Storage.Node.WatchLeasesAsync(Prefix, cancellationToken).ConfigureAwait(false))
            {
                switch (change)
                {
                    case { Kind: LeaseEventKind.CaughtUp }:
                        _knowsGateways = true;
                        break;
                    case { Kind: LeaseEventKind.Put, Lease: { } lease }:
                        _alive[lease.Holder] = true;
                        break;
                    case { Lease: { } lease }:
                        _alive.TryRemove(lease.Holder, out _);
                        await TickAsync().ConfigureAwait(false);
                        break;
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Looks after everything once a second, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, gateway.Time);
        try
        {
            do
            {
                // Its queues want what other protocols publish before an AMQP client comes.
                if (gateway.Vhosts.Find(Namespace.Default) is null)
                    await gateway.Vhosts.FindAsync(Namespace.Default, cancellationToken).ConfigureAwait(false);
                await TickAsync().ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>A vhost was loaded: before clients use it, what is left of earlier times goes.</summary>
    public Task BeginAsync(Vhost vhost) => LookAfterSafelyAsync(vhost);

    public async ValueTask DisposeAsync()
    {
        foreach (var router in _deadLetters.Values)
            await router.DisposeAsync().ConfigureAwait(false);
    }

    private async Task TickAsync()
    {
        foreach (var vhost in gateway.Vhosts.All)
            await LookAfterSafelyAsync(vhost).ConfigureAwait(false);
    }

    /// <summary>Whatever goes wrong: the other vhosts, and the next pass, do not end with it.</summary>
    private async Task LookAfterSafelyAsync(Vhost vhost)
    {
        try
        {
            await LookAfterAsync(vhost).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogNotLookedAfter(logger, vhost.Name, error);
        }
    }

    private async Task LookAfterAsync(Vhost vhost)
    {
        await gateway.Queues.DeleteLeftoversAsync(vhost).ConfigureAwait(false);
        var hasDeadLetters = false;
        foreach (var queue in vhost.Topology.Queues())
        {
            hasDeadLetters |= queue.Spec.Policy.DeadLetterExchange is not null;
            if (IsOrphan(queue.Spec) || (queue.Spec.Policy.ExpiresMs > 0 && (await gateway.Queues.GetAsync(queue).ConfigureAwait(false)).Error == ErrorCode.NotFound))
                await gateway.Queues.DeleteQueueAsync(vhost, queue).ConfigureAwait(false);
        }
        if (_deadLetters.TryGetValue(vhost, out var present) && present.IsOver && _deadLetters.TryRemove(new KeyValuePair<Vhost, DeadLetterRouter>(vhost, present)))
            await present.DisposeAsync().ConfigureAwait(false);
        if (hasDeadLetters && !_deadLetters.ContainsKey(vhost))
            await RouteDeadLettersAsync(vhost).ConfigureAwait(false);
    }

    /// <summary>Begins to route a vhost's dead letters. Where that fails, the next pass tries again.</summary>
    private async ValueTask RouteDeadLettersAsync(Vhost vhost)
    {
        var router = new DeadLetterRouter(gateway, vhost, logger);
        if (!_deadLetters.TryAdd(vhost, router))
            return;
        var isStarted = false;
        try
        {
            isStarted = await router.StartAsync().ConfigureAwait(false);
        }
        finally
        {
            if (!isStarted && _deadLetters.TryRemove(new KeyValuePair<Vhost, DeadLetterRouter>(vhost, router)))
                await router.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Exclusive to a connection of a gateway that is not there any more.</summary>
    private bool IsOrphan(QueueSpec queue) =>
        _knowsGateways && queue.Owner is { } owner && owner[..owner.IndexOf('/')] is var holder && holder != gateway.Id && !_alive.ContainsKey(holder);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Queues of vhost {Vhost} could not be looked after; that is tried again")]
    private static partial void LogNotLookedAfter(ILogger logger, string vhost, Exception error);
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Cluster;

/// <summary>
/// This gateway among the others. Each holds a lease <c>kafka-gateway/members/ID</c>, whose number is its broker id, and those slots of
/// <c>kafka-gateway/coordinators/SLOT</c> that fall to it: every group belongs to a slot, and the slot's holder is its coordinator. What a dead gateway held ends with
/// its time to live and falls to the others.
/// </summary>
internal sealed partial class ClusterMembership(INodeClient node, KafkaOptions options, TimeProvider time, ILogger<ClusterMembership> logger)
{
    /// <summary>Enough that a few gateways share groups evenly, few enough to renew one by one.</summary>
    public const int SlotCount = 32;

    private const int NodeIdMax = 10_000;

    private readonly ConcurrentDictionary<int, HeldLease> _slots = new();
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HeldLease? _membership;

    public ClusterView View { get; } = new();

    /// <summary>Null until this gateway is a member.</summary>
    public Broker? Self { get; private set; }

    /// <summary>Completes when this gateway is a member for the first time.</summary>
    public Task Joined => _joined.Task;

    /// <summary>
    /// As clients are told of them. A gateway that no lease can be renewed for (the storage-node is away, or the machine too busy) still names itself: a client that is told
    /// of no broker and no controller waits for them until it gives up, while this one could serve it.
    /// </summary>
    public IReadOnlyList<Broker> Brokers => View.Brokers is { Count: > 0 } brokers ? brokers : Self is { } self ? [self] : [];

    public bool IsMember => _membership is { IsHeld: true };

    /// <summary>A slot is no longer this gateway's: what it knows of the slot's groups is void.</summary>
    public event Action<int>? SlotLost;

    public static int SlotOf(Namespace ns, string group) => (int)(Rendezvous.KeyOf(System.Text.Encoding.UTF8.GetBytes($"{ns.Value}/{group}")) % SlotCount);

    public bool Coordinates(Namespace ns, string group) => _slots.TryGetValue(SlotOf(ns, group), out var lease) && lease.IsHeld;

    /// <summary>Of the lease of a slot: a later holder has a higher one. Null: the slot is not this gateway's.</summary>
    public long? RevisionOf(int slot) => _slots.TryGetValue(slot, out var lease) && lease.IsHeld ? lease.Lease.Revision : null;

    /// <summary>Null while a slot changes hands.</summary>
    public Broker? CoordinatorOf(Namespace ns, string group) => View.CoordinatorOf(SlotOf(ns, group));

    /// <summary>Takes part until cancelled.</summary>
    /// <param name="host">As clients reach this gateway.</param>
    public async Task RunAsync(string host, int port, CancellationToken cancellationToken)
    {
        var watching = WatchAsync(cancellationToken);
        try
        {
            await _caughtUp.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            while (!cancellationToken.IsCancellationRequested)
            {
                await KeepUpAsync(host, port, cancellationToken).ConfigureAwait(false);
                await Task.Delay(options.LeaseTtl / 6, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        await watching.ConfigureAwait(false);
    }

    /// <summary>Gives everything up at once, so that the others need not wait for it to run out.</summary>
    public async ValueTask LeaveAsync(CancellationToken cancellationToken)
    {
        foreach (var slot in _slots.Keys)
            await DropAsync(slot, cancellationToken).ConfigureAwait(false);
        if (_membership is { } membership)
            await membership.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        _membership = null;
    }

    private async ValueTask KeepUpAsync(string host, int port, CancellationToken cancellationToken)
    {
        if (_membership is null || !await _membership.RenewAsync(cancellationToken).ConfigureAwait(false))
            await JoinAsync(host, port, cancellationToken).ConfigureAwait(false);
        if (Self is not { } self || _membership is null)
            return;
        // A watch that has told of the lease's end does not tell of a renewal that was only late.
        if (View.Brokers.Count == 0)
            View.SetMember(_membership.Lease, isHeld: true);
        await Task.WhenAll(Enumerable.Range(0, SlotCount).Select(slot => KeepUpAsync(slot, self, cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>
    /// The lowest free broker id; the same one again after a restart at the same address, and where the lease was lost: two gateways that lost theirs together must not come back with each other's ids,
    /// or librdkafka's consumers look for their coordinator where it was and find it no more.
    /// </summary>
    private async ValueTask JoinAsync(string host, int port, CancellationToken cancellationToken)
    {
        var endpoint = new Broker(0, host, port).Endpoint;
        var own = View.Brokers.FirstOrDefault(broker => broker.Endpoint == endpoint)?.NodeId ?? Self?.NodeId;
        var ids = Enumerable.Range(1, NodeIdMax);
        foreach (var id in own is { } known ? ids.Prepend(known) : ids)
        {
            if (id != own && View.Brokers.Any(broker => broker.NodeId == id))
                continue;
            var before = time.GetTimestamp();
            var result = await node.AcquireLeaseAsync(
                $"{ClusterView.MemberPrefix}{id}", endpoint, default, options.LeaseTtl, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (result.Error == ErrorCode.LeaseHeld)
                continue;
            if (!result.Succeeded)
            {
                LogNotJoined(logger, result.Error);
                return;
            }
            _membership = new HeldLease(node, result.Lease!, before, time);
            View.SetMember(result.Lease!, isHeld: true);
            Self = Broker.Parse(result.Lease!.Name, endpoint);
            _joined.TrySetResult();
            LogJoined(logger, id, endpoint);
            return;
        }
    }

    private async Task KeepUpAsync(int slot, Broker self, CancellationToken cancellationToken)
    {
        // This gateway itself, where the watch has just told of the end of its lease.
        var isMine = Rendezvous.Pick(Brokers, (ulong)slot).NodeId == self.NodeId;
        if (_slots.TryGetValue(slot, out var held))
        {
            if (!isMine || !await held.RenewAsync(cancellationToken).ConfigureAwait(false))
                await DropAsync(slot, cancellationToken).ConfigureAwait(false);
            return;
        }
        if (isMine && (!View.IsTaken(slot) || View.CoordinatorOf(slot) == self))
            await TakeAsync(slot, self, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask TakeAsync(int slot, Broker self, CancellationToken cancellationToken)
    {
        var before = time.GetTimestamp();
        var result = await node.AcquireLeaseAsync(
            $"{ClusterView.SlotPrefix}{slot}", self.Endpoint, default, options.LeaseTtl, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (!result.Succeeded)
            return;
        _slots[slot] = new HeldLease(node, result.Lease!, before, time);
        View.SetSlot(slot, result.Lease!, isHeld: true);
    }

    private async ValueTask DropAsync(int slot, CancellationToken cancellationToken)
    {
        if (!_slots.TryRemove(slot, out var held))
            return;
        View.SetSlot(slot, held.Lease, isHeld: false);
        SlotLost?.Invoke(slot);
        await held.ReleaseAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in node.WatchLeasesAsync(ClusterView.Prefix, cancellationToken).ConfigureAwait(false))
            {
                View.Apply(change);
                if (change.Kind == LeaseEventKind.CaughtUp)
                    _caughtUp.TrySetResult();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            LogWatchFailed(logger, error);
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Broker {Id} at {Endpoint}")]
    private static partial void LogJoined(ILogger logger, int id, string endpoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not yet a broker: {Error}")]
    private static partial void LogNotJoined(ILogger logger, ErrorCode error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The watch of the other gateways ended")]
    private static partial void LogWatchFailed(ILogger logger, Exception error);
}

using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Polly;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Client.Appends;
using RobustMQ.Storage.Client.Mapping;
using RobustMQ.Storage.Client.Resilience;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Transport;

/// <summary>
/// Keeps one client connected to its storage-node: opens the stream of appends again whenever it ends, tells what changed at the node meanwhile, and says when calls shall
/// fail at once because there has been no connection for too long.
/// </summary>
internal sealed partial class NodeLink : IAsyncDisposable
{
    private readonly StorageClientOptions _options;
    private readonly StoragePipelines _pipelines;
    private readonly AppendQueue _queue;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Proto.NodeService.NodeServiceClient _node;
    private readonly Proto.LogService.LogServiceClient _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private readonly Task _expiring;
    private TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NodeIdentity? _identity;
    private long _lostAt;
    private bool _isDown;

    public NodeLink(
        GrpcChannel channel, AppendQueue queue, StoragePipelines pipelines, StorageClientOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _pipelines = pipelines;
        _queue = queue;
        _time = time;
        _logger = loggers.CreateLogger<NodeLink>();
        _node = new Proto.NodeService.NodeServiceClient(channel);
        _log = new Proto.LogService.LogServiceClient(channel);
        _queue.RepairNeeded = lane => _ = Task.Run(() => RepairAsync(lane));
        _lostAt = time.GetTimestamp();
        _running = Task.Run(RunAsync);
        _expiring = Task.Run(ExpireAsync);
    }

    /// <summary>The node as it was at the last connection.</summary>
    public NodeIdentity? Identity => Volatile.Read(ref _identity);

    /// <summary>Completes while there is a connection.</summary>
    public Task WhenUpAsync(CancellationToken cancellationToken) => Volatile.Read(ref _up).Task.WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running, _expiring).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _queue.Close();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            using var stream = await _pipelines.Connect.ExecuteAsync(
                static async (link, cancellationToken) => await link.ConnectAsync(cancellationToken).ConfigureAwait(false), this, _stop.Token).ConfigureAwait(false);
            var reason = await stream.RunAsync(_stop.Token).ConfigureAwait(false);
            Volatile.Write(ref _up, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            _lostAt = _time.GetTimestamp();
            _queue.Disconnected();
            if (!_stop.IsCancellationRequested)
                LogLost(_options.Address, reason?.Message ?? "the storage-node ended the stream");
        }
    }

    private async ValueTask<AppendStream> ConnectAsync(CancellationToken cancellationToken)
    {
        if (!_isDown && _time.GetElapsedTime(_lostAt) > _options.FailFastAfter)
            await GoDownAsync().ConfigureAwait(false);
        var callOptions = new CallOptions(cancellationToken: cancellationToken);
        var identity = NodeMapping.FromMessage(await _node.IdentityAsync(new Proto.IdentityRequest(), callOptions).ConfigureAwait(false));
        var isNewNode = Identity is { } before && before.NodeId != identity.NodeId;
        var producer = isNewNode || !_queue.HasProducer ? await AllocateProducerAsync(callOptions).ConfigureAwait(false) : ProducerState.None;
        var stream = await AppendStream.OpenAsync(_queue, _log, cancellationToken).ConfigureAwait(false);
        await _pipelines.CloseCircuitAsync().ConfigureAwait(false);
        _isDown = false;
        Volatile.Write(ref _identity, identity);
        _queue.Connected(producer, isNewNode);
        _up.TrySetResult();
        LogConnected(_options.Address, identity.NodeId, identity.Incarnation);
        return stream;
    }

    private async Task GoDownAsync()
    {
        _isDown = true;
        LogDown(_options.Address, _options.FailFastAfter);
        await _pipelines.OpenCircuitAsync().ConfigureAwait(false);
        _queue.GoDown();
    }

    private async Task<ProducerState> AllocateProducerAsync(CallOptions options)
    {
        var reply = await _node.AllocateProducerAsync(new Proto.AllocateProducerRequest(), options).ConfigureAwait(false);
        StorageException.ThrowIfError(Errors.Code(reply.Error), "allocate producer");
        return new ProducerState(reply.ProducerId, (short)reply.ProducerEpoch, 0);
    }

    /// <summary>Brings a log that refused appends back to work: asks the node anew, with a new producer where the numbers can no longer be known, and tries until it takes one.</summary>
    private async Task RepairAsync(AppendLane lane)
    {
        try
        {
            await _pipelines.Repair.ExecuteAsync(
                static async (state, cancellationToken) =>
                {
                    if (!await state.Link.TryRepairAsync(state.Lane, cancellationToken).ConfigureAwait(false))
                        throw new NotLeaderException();
                },
                (Link: this, Lane: lane),
                _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client is being closed.
        }
        _queue.RepairEnded(lane);
    }

    private async ValueTask<bool> TryRepairAsync(AppendLane lane, CancellationToken cancellationToken)
    {
        await WhenUpAsync(cancellationToken).ConfigureAwait(false);
        var (needsProducer, generation) = _queue.AskRepair(lane);
        var options = new CallOptions(cancellationToken: cancellationToken);
        var identity = NodeMapping.FromMessage(await _node.IdentityAsync(new Proto.IdentityRequest(), options).ConfigureAwait(false));
        var producer = needsProducer ? await AllocateProducerAsync(options).ConfigureAwait(false) : ProducerState.None;
        LogRepair(lane.Log, identity.Epoch, needsProducer);
        return await _queue.Resume(lane, producer, generation).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task ExpireAsync()
    {
        using var timer = new PeriodicTimer(_pipelines.ExpiryInterval, _time);
        while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
        {
            _queue.Expire();
            if (_queue.HasManyLanes(out var generation))
                await ForgetRestingAsync(generation).ConfigureAwait(false);
        }
    }

    /// <summary>Where the storage-node does not answer, the next turn tries again.</summary>
    private async ValueTask ForgetRestingAsync(int generation)
    {
        using var within = new CancellationTokenSource(_options.CallTimeout, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, within.Token);
        try
        {
            _queue.ForgetResting(await AllocateProducerAsync(new CallOptions(cancellationToken: ending.Token)).ConfigureAwait(false), generation);
        }
        catch (Exception error) when (Failures.IsExpected(error) || error is StorageException)
        {
            LogNotForgotten(error);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to storage-node {NodeId} at {Address}, incarnation {Incarnation}")]
    private partial void LogConnected(string address, string nodeId, long incarnation);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lost the storage-node at {Address}: {Reason}")]
    private partial void LogLost(string address, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "No storage-node at {Address} for {Time}: calls fail until there is one")]
    private partial void LogDown(string address, TimeSpan time);

    [LoggerMessage(Level = LogLevel.Debug, Message = "No producer was given with which logs at rest could be forgotten")]
    private partial void LogNotForgotten(Exception error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Repeating refused appends of {Log} at epoch {Epoch}, new producer: {NewProducer}")]
    private partial void LogRepair(TopicPartition log, Epoch epoch, bool newProducer);
}

using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Client.Appends;
using RobustMQ.Storage.Client.Mapping;
using RobustMQ.Storage.Client.Resilience;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Live;

/// <summary>A live feed over gRPC: opens its stream again whenever it ends, and tells its interest anew each time.</summary>
internal sealed partial class GrpcLiveFeed : ILiveFeed
{
    private readonly LiveFeeds _feeds;
    private readonly string _name;
    private readonly ILiveReceiver _receiver;
    private readonly ILogger _logger;
    private readonly FeedInterest _interest = new();
    private readonly AsyncSignal _work = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly LiveMapping _mapping = new();
    private readonly Task _running;
    private long _id;
    private int _disposed;

    public GrpcLiveFeed(LiveFeeds feeds, string name, ILiveReceiver receiver, ILogger logger)
    {
        _feeds = feeds;
        _name = name;
        _receiver = receiver;
        _logger = logger;
        _running = Task.Run(RunAsync);
    }

    public SubscriberId Id => new(Volatile.Read(ref _id));

    public void SetInterest(Namespace ns, SubjectFilter filter, string? queue, int weight)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(weight);
        _interest.Set(new InterestKey(ns, filter, string.IsNullOrEmpty(queue) ? null : queue), weight);
        _work.Set();
    }

    public Task SyncAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var synced = _interest.SyncAsync();
        _work.Set();
        return synced.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _interest.Close();
        _feeds.Closed(this);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            using var stream = await _feeds.ConnectAsync(_name, _stop.Token).ConfigureAwait(false);
            await RunAsync(stream).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(FeedStream stream)
    {
        var over = new CancellationTokenSource();
        await using var stopping = _stop.Token.UnsafeRegister(static stream => ((FeedStream)stream!).End(), stream).ConfigureAwait(false);
        _interest.BeginAnew();
        Volatile.Write(ref _id, stream.Id.Value);
        Hand(() => _receiver.OnConnected(stream.Id));
        var reading = Task.Run(() => ReadAsync(stream));
        var writing = WriteAsync(stream, over.Token);
        await Task.WhenAny(reading, writing).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        stream.End();
        _work.Set();
        await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _interest.Disconnected();
        Volatile.Write(ref _id, 0);
        // Whoever ends a feed knows it.
        if (!_stop.IsCancellationRequested)
            Hand(_receiver.OnDisconnected);
        over.Dispose();
    }

    private async Task WriteAsync(FeedStream stream, CancellationToken over)
    {
        var message = new Proto.SubscribeRequest();
        while (!over.IsCancellationRequested)
        {
            if (_interest.TryTake(message))
                await stream.Requests.WriteAsync(message, CancellationToken.None).ConfigureAwait(false);
            else
                await _work.WaitAsync().ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(FeedStream stream)
    {
        do
        {
            Take(stream.Replies.Current);
        }
        while (await stream.Replies.MoveNext(CancellationToken.None).ConfigureAwait(false));
    }

    private void Take(Proto.SubscribeReply reply)
    {
        try
        {
            for (var at = 0; at < reply.Peers.Count; at++)
                _receiver.OnPeerInterest(LiveMapping.FromMessage(reply.Peers[at]));
            for (var at = 0; at < reply.Records.Count; at++)
                _receiver.OnRecords(_mapping.FromMessage(reply.Records[at]));
            if (reply.Dropped > 0)
                _receiver.OnDropped(reply.Dropped);
        }
        catch (Exception error)
        {
            LogReceiverFailed(_name, error);
        }
        if (reply.Synced > 0)
            _interest.Synced(reply.Synced);
    }

    private void Hand(Action call)
    {
        try
        {
            call();
        }
        catch (Exception error)
        {
            LogReceiverFailed(_name, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The receiver of live feed {Name} failed to take what was delivered")]
    private partial void LogReceiverFailed(string name, Exception error);
}

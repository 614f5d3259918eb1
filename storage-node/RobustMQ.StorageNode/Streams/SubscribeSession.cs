using Grpc.Core;
using RobustMQ.Protos.V1;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Live;
using RobustMQ.StorageNode.Mapping;
using ErrorCode = RobustMQ.Records.ErrorCode;

namespace RobustMQ.StorageNode.Streams;

/// <summary>
/// One subscriber's stream: takes its interest, sends it what matches. Records wait here up to a bound in bytes while a message is being written, and go together in the
/// next one; past the bound they are left out, and the subscriber is told how many.
/// </summary>
internal sealed class SubscribeSession : ILiveSubscriber, IThreadPoolWorkItem, IAsyncDisposable
{
    /// <summary>A message is closed at this size: large enough that its own cost vanishes, small enough not to hold up what is behind it.</summary>
    private const int MessageBytesTarget = 256 << 10;

    /// <summary>A newcomer is told of all that its peers want, which may be millions of filters.</summary>
    private const int MessagePeersMax = 4096;

    /// <summary>Messages that wait, past which the subscriber is listened to no further: each thing that it asks to be told of may make one.</summary>
    private const int MessagesMax = 4096;

    private readonly Lock _lock = new();
    private readonly Queue<LiveReply> _waiting = new();
    private readonly Stack<LiveReply> _spare = new();
    private readonly CancellationTokenSource _broken = new();
    private readonly LiveSubscription _subscription;
    private readonly int _queueBytesMax;
    private LiveReply? _open;
    private IServerStreamWriter<SubscribeReply>? _replies;
    private Task _writer = Task.CompletedTask;
    private TaskCompletionSource? _room;
    private long _queuedBytes;
    private bool _isBehind;
    private bool _isWriting;
    private bool _isClosed;

    public SubscribeSession(LiveHub hub, SubscribeRequest.Types.Hello hello, int queueBytesMax)
    {
        _queueBytesMax = queueBytesMax;
        _subscription = hub.Subscribe(hello.Name, this, hello.Interest);
    }

    /// <summary>Runs until the subscriber ends the stream or goes, or the server drains.</summary>
    public async Task RunAsync(
        IAsyncStreamReader<SubscribeRequest> requests, IServerStreamWriter<SubscribeReply> replies, CancellationToken draining, CancellationToken gone)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(draining, gone, _broken.Token);
        lock (_lock)
            _replies = replies;
        Schedule();
        try
        {
            // The hello may bring the first updates.
            do
            {
                Update(requests.Current);
                await WaitForRoomAsync(ending.Token).ConfigureAwait(false);
            }
            while (await requests.MoveNext(ending.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        _subscription.Dispose();
        Task writer;
        lock (_lock)
        {
            _isClosed = true;
            writer = _writer;
        }
        await writer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _open?.Clear();
            foreach (var reply in _waiting)
                reply.Clear();
            _waiting.Clear();
        }
        _broken.Dispose();
    }

    public void OnConnected(SubscriberId id)
    {
        lock (_lock)
            Open().Message.Welcome = new SubscribeReply.Types.Welcome { SubscriberId = id.Value };
    }

    public void OnDisconnected()
    {
        lock (_lock)
        {
            if (!_isClosed)
                _broken.Cancel();
        }
    }

    public void OnRecords(in LiveRecords records)
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            if (_queuedBytes + records.Batch.Length > _queueBytesMax)
            {
                var count = new RecordBatchHeader(records.Batch.Span).RecordCount;
                Open().Message.Dropped += count;
                _subscription.ReportDropped(count);
            }
            else
            {
                var reply = Open();
                reply.Add(records);
                _queuedBytes += records.Batch.Length;
                NoteBacklog();
                if (reply.SizeBytes >= MessageBytesTarget)
                    CloseMessage();
            }
        }
        Schedule();
    }

    public void OnPeerInterest(in PeerInterest interest)
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            var reply = Open();
            reply.Add(interest);
            if (reply.Message.Peers.Count >= MessagePeersMax)
                CloseMessage();
        }
        Schedule();
    }

    public void OnDropped(long records)
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            Open().Message.Dropped += records;
        }
        Schedule();
    }

    /// <summary>The writer's turn, on the thread pool: those who append do not pay for it.</summary>
    public void Execute()
    {
        var writer = WriteAsync();
        lock (_lock)
            _writer = writer;
    }

    private void Update(SubscribeRequest request)
    {
        foreach (var update in request.Updates)
        {
            var error = _subscription.SetInterest(Names.ToNamespace(update.Namespace), SubjectFilter.Parse(update.Filter), update.Queue, update.Weight);
            if (error == ErrorCode.LimitExceeded)
                throw new RpcException(new Status(StatusCode.ResourceExhausted, "too many filters"));
            if (error == ErrorCode.InvalidArgument)
                throw new FormatException($"the weight of '{update.Filter}' is negative");
        }
        if (request.Sync == 0)
            return;
        lock (_lock)
        {
            // A number of its own for each message: an earlier one must not be overwritten before it was sent.
            if (_open is { Message.Synced: not 0 })
                CloseMessage();
            Open().Message.Synced = request.Sync;
        }
        Schedule();
    }

    /// <summary>Behind from half of the queue on, until a quarter is left.</summary>
    private void NoteBacklog()
    {
        var isBehind = _queuedBytes > _queueBytesMax / (_isBehind ? 4 : 2);
        if (isBehind == _isBehind || _isClosed)
            return;
        _isBehind = isBehind;
        _subscription.ReportBacklog(isBehind);
    }

    private LiveReply Open() => _open ??= _spare.TryPop(out var spare) ? spare : new LiveReply();

    private Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_waiting.Count <= MessagesMax)
                return Task.CompletedTask;
            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellationToken);
        }
    }

    private void CloseMessage()
    {
        _waiting.Enqueue(_open!);
        _open = null;
    }

    private void Schedule()
    {
        lock (_lock)
        {
            if (_isWriting || _isClosed || _replies is null || (_open is null && _waiting.Count == 0))
                return;
            _isWriting = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private async Task WriteAsync()
    {
        try
        {
            while (TryTake(out var reply))
            {
                await _replies!.WriteAsync(reply.Message).ConfigureAwait(false);
                Sent(reply);
            }
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or OperationCanceledException or RpcException)
        {
            lock (_lock)
            {
                if (!_isClosed)
                    _broken.Cancel();
            }
        }
    }

    private bool TryTake(out LiveReply reply)
    {
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out reply!) && (reply = _open!) is not null)
                _open = null;
            _isWriting = reply is not null && !_isClosed;
            if (_room is not null && _waiting.Count <= MessagesMax)
            {
                _room.TrySetResult();
                _room = null;
            }
            return _isWriting;
        }
    }

    private void Sent(LiveReply reply)
    {
        lock (_lock)
        {
            _queuedBytes -= reply.SizeBytes;
            NoteBacklog();
            reply.Clear();
            _spare.Push(reply);
        }
    }
}

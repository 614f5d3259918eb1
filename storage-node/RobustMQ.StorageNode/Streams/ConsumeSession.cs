using Grpc.Core;
using RobustMQ.Protos.V1;
using RobustMQ.Storage.Consumers;

namespace RobustMQ.StorageNode.Streams;

/// <summary>
/// The members of one caller on their stream. What is delivered waits here while a message is being written, and goes together in the next one; how much may wait is bounded in bytes, since a
/// member's credit is passed on to its consumer only as far as there is room.
/// </summary>
internal sealed class ConsumeSession(ConsumerTable consumers, IServerStreamWriter<ConsumeReply> replies, int queueBytesMax) : IThreadPoolWorkItem, IAsyncDisposable
{
    private const int MessageBytesTarget = 1 << 20;

    /// <summary>Replies that wait, past which the caller is listened to no further: whoever takes none could have any number made. Twice its bytes is the same for what it fetches.</summary>
    private const int RepliesMax = 16_384;

    private readonly Lock _lock = new();
    private readonly Queue<(MemberReply Reply, int Bytes)> _waiting = new();
    private readonly Dictionary<uint, SessionMember> _members = [];
    private readonly CancellationTokenSource _broken = new();
    private Task _writer = Task.CompletedTask;
    private TaskCompletionSource? _room;
    private uint _lastJoined;
    private long _queuedBytes;
    private bool _isWriting;
    private bool _isClosed;

    /// <summary>There is room for more deliveries.</summary>
    public bool HasRoom => Interlocked.Read(ref _queuedBytes) < queueBytesMax;

    /// <summary>Runs until the caller ends the stream or goes, or the server drains.</summary>
    public async Task RunAsync(IAsyncStreamReader<ConsumeRequest> requests, CancellationToken draining, CancellationToken gone)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(draining, gone, _broken.Token);
        try
        {
            while (await requests.MoveNext(ending.Token).ConfigureAwait(false))
            {
                foreach (var request in requests.Current.Members)
                {
                    Take(request);
                    await WaitForRoomAsync(ending.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task writer;
        lock (_lock)
        {
            _isClosed = true;
            writer = _writer;
        }
        foreach (var member in _members.Values)
            await member.LoseAsync().ConfigureAwait(false);
        await writer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _broken.Dispose();
    }

    /// <summary>Sends a member's reply, in order.</summary>
    public void Send(MemberReply reply, int bytes = 0)
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            _waiting.Enqueue((reply, bytes));
            Interlocked.Add(ref _queuedBytes, bytes);
            if (_isWriting)
                return;
            _isWriting = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        var writer = WriteAsync();
        lock (_lock)
            _writer = writer;
    }

    private void Take(MemberRequest request)
    {
        SessionMember? member;
        lock (_lock)
        {
            if (!_members.TryGetValue(request.Membership, out member))
            {
                // It has ended here, and the caller has not heard so yet.
                if (request.Join is null && request.Membership <= _lastJoined)
                    return;
                if (request.Join is null)
                    throw new FormatException($"membership {request.Membership} has not joined");
                _lastJoined = Math.Max(_lastJoined, request.Membership);
                _members.Add(request.Membership, member = new SessionMember(this, consumers, request.Membership));
            }
            else if (request.Join is not null)
            {
                throw new FormatException($"membership {request.Membership} has joined already");
            }
        }
        member.Take(request);
    }

    /// <summary>A member has ended: nothing comes of it any more.</summary>
    public void Forget(uint membership)
    {
        lock (_lock)
        {
            if (!_isClosed)
                _members.Remove(membership);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (TryTake(out var message, out var bytes))
            {
                await replies.WriteAsync(message).ConfigureAwait(false);
                Sent(bytes);
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

    private bool TryTake(out ConsumeReply message, out int bytes)
    {
        message = new ConsumeReply();
        bytes = 0;
        lock (_lock)
        {
            while (!_isClosed && bytes < MessageBytesTarget && _waiting.TryDequeue(out var next))
            {
                message.Members.Add(next.Reply);
                bytes += next.Bytes;
            }
            GoOnReading();
            return _isWriting = message.Members.Count > 0;
        }
    }

    private void Sent(int bytes)
    {
        if (bytes == 0)
            return;
        Interlocked.Add(ref _queuedBytes, -bytes);
        SessionMember[] members;
        lock (_lock)
        {
            GoOnReading();
            members = [.. _members.Values];
        }
        foreach (var member in members)
            member.PassCredit();
    }

    private bool IsBehind => _waiting.Count > RepliesMax || Interlocked.Read(ref _queuedBytes) > 2L * queueBytesMax;

    private Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!IsBehind)
                return Task.CompletedTask;
            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellationToken);
        }
    }

    private void GoOnReading()
    {
        if (_room is null || IsBehind)
            return;
        _room.TrySetResult();
        _room = null;
    }
}

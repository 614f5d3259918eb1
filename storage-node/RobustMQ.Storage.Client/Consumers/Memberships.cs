using Grpc.Core;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client.Appends;
using RobustMQ.Storage.Client.Resilience;
using RobustMQ.Storage.Client.Transport;
using ErrorCode = RobustMQ.Records.ErrorCode;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Consumers;

/// <summary>
/// The members of one client, all on one stream: however many there are, they take one of the connection's streams. The stream is opened with the first member, and again after every lost
/// connection, for which members join anew.
/// </summary>
internal sealed class Memberships(Proto.ConsumerService.ConsumerServiceClient client, NodeLink link, StoragePipelines pipelines, ILogger logger) : IAsyncDisposable
{
    private const int MessageMembersMax = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<uint, GrpcMembership> _members = [];
    private readonly Queue<GrpcMembership> _changed = new();
    private readonly AsyncSignal _work = new();
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;
    private uint _lastId;
    private bool _isClosed;
    private bool _hasHeard;

    public IConsumerMembership Join(ConsumerJoin join, IConsumerReceiver receiver)
    {
        GrpcMembership member;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(GrpcStorageClient));
            member = new GrpcMembership(this, join, receiver, logger);
            AddAnew(member);
            _running ??= Task.Run(RunAsync);
        }
        Changed(member);
        return member;
    }

    /// <summary>A member has something to say.</summary>
    public void Changed(GrpcMembership member)
    {
        lock (_lock)
        {
            if (member.IsQueued)
                return;
            member.IsQueued = true;
            _changed.Enqueue(member);
        }
        _work.Set();
    }

    /// <summary>A member has ended for good.</summary>
    public void Forget(GrpcMembership member)
    {
        lock (_lock)
            _members.Remove(member.Id);
    }

    public async ValueTask DisposeAsync()
    {
        Task? running;
        GrpcMembership[] left;
        lock (_lock)
        {
            _isClosed = true;
            running = _running;
            left = [.. _members.Values];
        }
        await _stop.CancelAsync().ConfigureAwait(false);
        _work.Set();
        if (running is not null)
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var member in left)
            member.End(ErrorCode.Unavailable);
        _stop.Dispose();
    }

    /// <summary>Under a number that the stream has not seen.</summary>
    private void AddAnew(GrpcMembership member)
    {
        member.Id = ++_lastId;
        _members.Add(member.Id, member);
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
            await pipelines.Repair.ExecuteAsync(static (self, stop) => self.RunStreamAsync(stop), this, _stop.Token).ConfigureAwait(false);
    }

    /// <exception cref="StorageException">The stream ended without a word: the next one waits a little.</exception>
    private async ValueTask RunStreamAsync(CancellationToken stop)
    {
        await link.WhenUpAsync(stop).ConfigureAwait(false);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var call = client.Consume(cancellationToken: over.Token);
        Begin();
        _hasHeard = false;
        var reading = ReadAsync(call.ResponseStream);
        var writing = WriteAsync(call.RequestStream, over.Token);
        await Task.WhenAny(reading, writing).ConfigureAwait(false);
        var isUnserved = reading.IsFaulted && reading.Exception.InnerException is RpcException { StatusCode: StatusCode.Unimplemented };
        await over.CancelAsync().ConfigureAwait(false);
        _work.Set();
        await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Lost(isUnserved ? ErrorCode.Unsupported : ErrorCode.Unavailable);
        if (!_hasHeard)
            throw new StorageException(ErrorCode.Unavailable, "consume: the stream ended before its first reply");
    }

    private void Begin()
    {
        lock (_lock)
        {
            GrpcMembership[] members = [.. _members.Values];
            _members.Clear();
            _changed.Clear();
            foreach (var member in members)
            {
                AddAnew(member);
                member.BeginAnew();
                member.IsQueued = true;
                _changed.Enqueue(member);
            }
        }
        _work.Set();
    }

    private void Lost(ErrorCode reason)
    {
        GrpcMembership[] members;
        lock (_lock)
            members = [.. _members.Values];
        foreach (var member in members)
        {
            if (reason == ErrorCode.Unavailable)
                member.Lost();
            else
                member.End(reason);
        }
    }

    private async Task WriteAsync(IClientStreamWriter<Proto.ConsumeRequest> requests, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var message = new Proto.ConsumeRequest();
            while (message.Members.Count < MessageMembersMax && TryTake(out var member))
            {
                if (member.TryTake(out var request))
                    message.Members.Add(request);
            }
            if (message.Members.Count > 0)
                await requests.WriteAsync(message, over).ConfigureAwait(false);
            else
                await _work.WaitAsync().ConfigureAwait(false);
        }
    }

    private bool TryTake(out GrpcMembership member)
    {
        lock (_lock)
        {
            if (!_changed.TryDequeue(out member!))
                return false;
            member.IsQueued = false;
            return true;
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<Proto.ConsumeReply> replies)
    {
        while (await replies.MoveNext(CancellationToken.None).ConfigureAwait(false))
        {
            _hasHeard = true;
            foreach (var reply in replies.Current.Members)
            {
                GrpcMembership? member;
                lock (_lock)
                    member = _members.GetValueOrDefault(reply.Membership);
                member?.Take(reply);
            }
        }
    }
}

using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client.Mapping;
using ErrorCode = RobustMQ.Records.ErrorCode;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Consumers;

/// <summary>A member whose consumer is at a storage-node. What it says is gathered and goes with the stream's next message; what it is told comes from the stream's reader.</summary>
internal sealed partial class GrpcMembership(Memberships memberships, ConsumerJoin join, IConsumerReceiver receiver, ILogger logger) : IConsumerMembership
{
    private readonly Lock _lock = new();
    private readonly List<Acknowledgement> _answers = [];
    private readonly Queue<(ulong Number, TaskCompletionSource<ErrorCode> Done)> _syncs = new();
    private readonly Dictionary<uint, TaskCompletionSource<FetchResult>> _fetches = [];
    private readonly List<Proto.MemberRequest> _later = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _credit = join.CreditRecords;
    private long _creditPeak = join.CreditRecords;
    private long _unanswered;
    private long _creditToAdd;
    private long _bytesPeak = join.CreditBytes;
    private long _bytesToAdd;
    private ulong _lastSync;
    private ulong _syncToSay;
    private uint _lastFetch;
    private bool _mustJoin = true;
    private bool _isUp;
    private bool _isLost;
    private bool _isLeaving;
    private bool _isOver;

    /// <summary>Number on the present stream. Under the lock of <see cref="Memberships"/>, as the next.</summary>
    public uint Id { get; set; }

    public bool IsQueued { get; set; }

    public void AddCredit(int records, long bytes = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(records);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_lock)
        {
            _credit += records;
            _creditPeak = Math.Max(_creditPeak, _credit);
            if (!_mustJoin)
                (_creditToAdd, _bytesToAdd) = (_creditToAdd + records, _bytesToAdd + bytes);
        }
        memberships.Changed(this);
    }

    public void Acknowledge(in Acknowledgement answer)
    {
        lock (_lock)
        {
            if (_isOver)
                return;
            _answers.Add(answer);
            if (answer.Kind != AckKind.Progress && _unanswered > 0)
                _unanswered--;
        }
        memberships.Changed(this);
    }

    public async ValueTask<ErrorCode> SyncAsync(CancellationToken cancellationToken = default)
    {
        var done = new TaskCompletionSource<ErrorCode>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_isOver)
                return ErrorCode.Fenced;
            if (_isLost)
                return ErrorCode.Unavailable;
            _syncToSay = ++_lastSync;
            _syncs.Enqueue((_lastSync, done));
        }
        memberships.Changed(this);
        return await done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<FetchResult> FetchAsync(int maxRecords, int maxBytes, TimeSpan maxWait, CancellationToken cancellationToken = default)
    {
        var done = new TaskCompletionSource<FetchResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_isOver)
                return FetchResult.Failed(ErrorCode.Fenced);
            if (_isLost)
                return FetchResult.Failed(ErrorCode.Unavailable);
            var fetch = new Proto.MemberRequest.Types.Fetch
            {
                Id = ++_lastFetch,
                MaxRecords = maxRecords,
                MaxBytes = maxBytes,
                MaxWaitMs = (int)Math.Clamp(maxWait.TotalMilliseconds, 0, int.MaxValue),
            };
            _fetches.Add(fetch.Id, done);
            _later.Add(new Proto.MemberRequest { Fetch = fetch });
        }
        memberships.Changed(this);
        // What comes after the caller has gone stays pending until its ack wait is over.
        return await done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_isOver)
                return;
            _isLeaving = true;
        }
        memberships.Changed(this);
        await _ended.Task.ConfigureAwait(false);
    }

    /// <summary>A new stream: it joins again, with the credit that it had and what deliveries without an answer took of it.</summary>
    public void BeginAnew()
    {
        lock (_lock)
        {
            (_mustJoin, _isLost) = (true, false);
            _credit = Math.Min(_credit + _unanswered, _creditPeak);
            (_unanswered, _creditToAdd, _bytesToAdd) = (0, 0, 0);
        }
    }

    /// <summary>What is to be said now.</summary>
    public bool TryTake(out Proto.MemberRequest request)
    {
        request = new Proto.MemberRequest { Membership = Id };
        lock (_lock)
        {
            if (_isOver)
                return false;
            var says = _mustJoin || _creditToAdd > 0 || _bytesToAdd > 0 || _answers.Count > 0 || _syncToSay > 0 || _later.Count > 0 || _isLeaving;
            if (!says)
                return false;
            if (_mustJoin)
                AddJoin(request);
            var records = (int)Math.Min(_creditToAdd, int.MaxValue);
            request.AddCreditRecords += records;
            request.AddCreditBytes += _bytesToAdd;
            (_creditToAdd, _bytesToAdd) = (_creditToAdd - records, 0);
            ConsumerMapping.Add(request.Answers, CollectionsMarshal.AsSpan(_answers));
            _answers.Clear();
            (request.Sync, _syncToSay) = (_syncToSay, 0);
            if (_later.Count > 0)
            {
                request.Fetch = _later[0].Fetch;
                _later.RemoveAt(0);
            }
            if (_later.Count > 0)
                memberships.Changed(this);
            else if (_isLeaving)
                request.Leave = true;
            return true;
        }
    }

    public void Take(Proto.MemberReply reply)
    {
        try
        {
            if (reply.Joined is { } joined)
            {
                lock (_lock)
                    _isUp = true;
                receiver.OnJoined(new MemberJoined(joined.Active, joined.Pending, joined.Waiting));
            }
            if (reply.Active is { } active)
                receiver.OnActive(active.Active_);
            foreach (var deliveries in reply.Deliveries)
                Deliver(ConsumerMapping.FromMessage(deliveries));
        }
        catch (Exception error)
        {
            LogReceiverFailed(join.Member, error);
        }
        if (reply.Synced > 0)
            Synced(reply.Synced, Errors.Code(reply.SyncError));
        if (reply.Fetched is { } fetched)
            Fetched(fetched);
        if (reply.Left is { } left)
            Left(Errors.Code(left.Error));
    }

    /// <summary>The stream is lost: what was not answered is unknown.</summary>
    public void Lost()
    {
        bool wasUp;
        bool isLeaving;
        lock (_lock)
        {
            (wasUp, _isUp, _isLost) = (_isUp, false, true);
            isLeaving = _isLeaving;
        }
        Release(ErrorCode.Unavailable);
        if (isLeaving)
            Finish();
        else if (wasUp)
            Tell(ErrorCode.Unavailable);
    }

    /// <summary>It is over.</summary>
    public void End(ErrorCode reason)
    {
        lock (_lock)
        {
            if (_isOver)
                return;
        }
        Finish();
        Release(reason == ErrorCode.Unavailable ? reason : ErrorCode.Fenced);
        Tell(reason);
    }

    private void AddJoin(Proto.MemberRequest request)
    {
        _mustJoin = false;
        request.Join = new Proto.MemberRequest.Types.Join
        {
            Consumer = ConsumerMapping.ToMessage(join.Consumer),
            Member = join.Member,
            MemberEpoch = join.MemberEpoch,
            Priority = join.Priority,
            Exclusive = join.IsExclusive,
            ReturnWithinMs = ConsumerMapping.ToMs(join.ReturnWithin),
            LimitBytes = join.CreditBytes > 0,
        };
        request.AddCreditRecords = (int)Math.Min(_credit, int.MaxValue);
        request.AddCreditBytes = join.CreditBytes > 0 ? _bytesPeak : 0;
    }

    private void Deliver(in Deliveries deliveries)
    {
        lock (_lock)
        {
            _credit = Math.Max(0, _credit - deliveries.Marks.Length);
            _unanswered += deliveries.Marks.Length;
        }
        receiver.OnDeliveries(deliveries);
    }

    private void Synced(ulong number, ErrorCode error)
    {
        while (true)
        {
            TaskCompletionSource<ErrorCode> done;
            lock (_lock)
            {
                if (!_syncs.TryPeek(out var next) || next.Number > number)
                    return;
                done = _syncs.Dequeue().Done;
            }
            done.TrySetResult(error);
        }
    }

    private void Fetched(Proto.MemberReply.Types.Fetched fetched)
    {
        TaskCompletionSource<FetchResult>? done;
        lock (_lock)
            _fetches.Remove(fetched.Id, out done);
        done?.TrySetResult(ConsumerMapping.ResultOf(fetched.Error, fetched.Deliveries));
    }

    private void Left(ErrorCode reason)
    {
        if (reason == ErrorCode.Unavailable)
            Lost();
        else if (reason == ErrorCode.None)
            Finish();
        else
            End(reason);
    }

    private void Finish()
    {
        lock (_lock)
            _isOver = true;
        memberships.Forget(this);
        Release(ErrorCode.Fenced);
        _ended.TrySetResult();
    }

    private void Release(ErrorCode error)
    {
        TaskCompletionSource<ErrorCode>[] syncs;
        TaskCompletionSource<FetchResult>[] fetches;
        lock (_lock)
        {
            syncs = [.. _syncs.Select(static sync => sync.Done)];
            fetches = [.. _fetches.Values];
            _syncs.Clear();
            _fetches.Clear();
            _later.Clear();
            _answers.Clear();
            _syncToSay = 0;
        }
        foreach (var sync in syncs)
            sync.TrySetResult(error);
        foreach (var fetch in fetches)
            fetch.TrySetResult(FetchResult.Failed(error));
    }

    private void Tell(ErrorCode reason)
    {
        try
        {
            receiver.OnLeft(reason);
        }
        catch (Exception error)
        {
            LogReceiverFailed(join.Member, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The receiver of member {Member} failed to take what was delivered")]
    private partial void LogReceiverFailed(string member, Exception error);
}

using RobustMQ.Protos.V1;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Consumers;
using RobustMQ.StorageNode.Mapping;
using ErrorCode = RobustMQ.Records.ErrorCode;

namespace RobustMQ.StorageNode.Streams;

/// <summary>One member on a stream: what it says to its consumer, what it is told to the stream.</summary>
internal sealed class SessionMember(ConsumeSession session, ConsumerTable consumers, uint membership) : IMemberReceiver
{
    /// <summary>Records that its consumer may hand out before the stream is asked for room again.</summary>
    private const int PassedMax = 1024;

    private readonly Lock _lock = new();
    private readonly List<Acknowledgement> _answers = [];
    private ConsumerMembership? _member;
    private long _credit;
    private int _passed;
    private ulong _syncTo;
    private bool _isSyncing;

    public void Take(MemberRequest request)
    {
        if (request.Join is { } join)
            Join(ConsumerMapping.FromMessage(join), request.AddCreditBytes);
        if (_member is not { } member)
            return;
        if (request.AddCreditRecords < 0 || request.AddCreditBytes < 0)
            throw new FormatException("credit is only added");
        if (request.AddCreditRecords > 0)
        {
            lock (_lock)
                _credit += request.AddCreditRecords;
        }
        if (request.AddCreditBytes > 0 && request.Join is null)
            member.AddCredit(0, request.AddCreditBytes);
        PassCredit();
        _answers.Clear();
        foreach (var answers in request.Answers)
            ConsumerMapping.AddAnswers(answers, _answers);
        if (_answers.Count > 0)
            member.Acknowledge(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_answers));
        if (request.Sync != 0)
            Sync(request.Sync);
        if (request.Fetch is { } fetch)
            _ = FetchAsync(member, fetch);
        if (request.Leave)
            _ = LeaveAsync(member);
    }

    /// <summary>Lets the consumer hand out as much as this member may get and the stream has room for.</summary>
    public void PassCredit()
    {
        int records;
        lock (_lock)
        {
            records = _member is null || !session.HasRoom ? 0 : (int)Math.Min(_credit, PassedMax - _passed);
            if (records <= 0)
                return;
            _credit -= records;
            _passed += records;
        }
        _member!.AddCredit(records);
    }

    public ValueTask LoseAsync() => _member?.LoseAsync() ?? ValueTask.CompletedTask;

    void IMemberReceiver.OnJoined(in MemberJoined joined) =>
        Send(new MemberReply { Joined = new MemberReply.Types.Joined { Active = joined.IsActive, Pending = joined.Pending, Waiting = joined.Waiting } });

    void IMemberReceiver.OnActive(bool isActive) => Send(new MemberReply { Active = new MemberReply.Types.Active { Active_ = isActive } });

    void IMemberReceiver.OnDeliveries(in Records.Consumers.Deliveries deliveries)
    {
        var reply = new MemberReply();
        reply.Deliveries.Add(DeliveryMapping.ToMessage(deliveries));
        Send(reply, deliveries.Batches.Length);
        lock (_lock)
            _passed -= Math.Min(_passed, deliveries.Marks.Length);
        PassCredit();
    }

    void IMemberReceiver.OnLeft(ErrorCode reason) => Left(reason);

    private void Join(ConsumerJoin join, long creditBytes)
    {
        (var error, _member) = consumers.Join(join.CreditBytes > 0 ? join with { CreditBytes = Math.Max(1, creditBytes) } : join, this);
        if (error != ErrorCode.None)
            Left(error);
    }

    private void Left(ErrorCode reason)
    {
        Send(new MemberReply { Left = new MemberReply.Types.Left { Error = Errors.ToMessage(reason) } });
        session.Forget(membership);
    }

    private void Sync(ulong to)
    {
        lock (_lock)
        {
            _syncTo = to;
            if (_isSyncing)
                return;
            _isSyncing = true;
        }
        _ = SyncAsync();
    }

    private async Task SyncAsync()
    {
        while (true)
        {
            ulong to;
            lock (_lock)
                to = _syncTo;
            var error = await _member!.SyncAsync().ConfigureAwait(false);
            Send(new MemberReply { Synced = to, SyncError = Errors.ToMessage(error) });
            lock (_lock)
            {
                if (_syncTo == to)
                {
                    _isSyncing = false;
                    return;
                }
            }
        }
    }

    private async Task FetchAsync(ConsumerMembership member, MemberRequest.Types.Fetch fetch)
    {
        using var fetched = await member.FetchAsync(fetch.MaxRecords, fetch.MaxBytes, TimeSpan.FromMilliseconds(Math.Max(0, fetch.MaxWaitMs))).ConfigureAwait(false);
        var reply = new MemberReply.Types.Fetched { Id = fetch.Id, Error = Errors.ToMessage(fetched.Error) };
        var bytes = 0;
        foreach (var deliveries in fetched.Deliveries)
        {
            reply.Deliveries.Add(DeliveryMapping.ToMessage(deliveries));
            bytes += deliveries.Batches.Length;
        }
        Send(new MemberReply { Fetched = reply }, bytes);
    }

    private async Task LeaveAsync(ConsumerMembership member)
    {
        await member.LeaveAsync().ConfigureAwait(false);
        Left(ErrorCode.None);
    }

    private void Send(MemberReply reply, int bytes = 0)
    {
        reply.Membership = membership;
        session.Send(reply, bytes);
    }
}

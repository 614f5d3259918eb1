using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Delivery;
using RobustMQ.Storage.Consumers.Dispatch;
using RobustMQ.Storage.Consumers.Journal;

namespace RobustMQ.Storage.Consumers;

/// <summary>
/// One consumer at work: a <see cref="ConsumerMachine"/> under a lock, and the one loop at a time that carries out what it decides. Everything that may change the outcome schedules the loop; it
/// reads, delivers and fills until there is nothing to do.
/// </summary>
internal sealed class Consumer : ConsumerCell, IThreadPoolWorkItem
{
    private const int RoundRecordsMax = 1024;
    private const int RoundBytesMax = 1 << 20;

    /// <summary>What cannot be read or written now is tried again after this.</summary>
    private const long RetryMs = 1000;

    /// <summary>A consumer that nobody used for this long keeps its positions only.</summary>
    private const long ParkAfterMs = 60_000;

    private readonly Dictionary<int, ConsumerMembership> _memberships = [];
    private readonly Dictionary<int, FetchCall> _fetches = [];
    private readonly List<FetchCall> _ended = [];
    private readonly Queue<MemberNotice> _notices = new();
    private readonly List<Handout> _round = [];
    private readonly SideWork _sideWork;
    private long _fillAgainMs;
    private long _waitingNow;
    private int _work;

    public Consumer(ConsumerEnvironment environment, ConsumerMachine machine, long revision, long createdMs, byte[] key)
        : base(environment, machine, revision, createdMs, key) => _sideWork = new SideWork(this, environment);

    /// <summary>Records that waited when the last round was handed out; -1: they are not counted.</summary>
    public long WaitingNow => Interlocked.Read(ref _waitingNow);

    // ---- members

    public (ErrorCode Error, ConsumerMembership? Member) Join(ConsumerJoin join, IMemberReceiver receiver)
    {
        ConsumerMembership member;
        lock (_lock)
        {
            if (_isGone)
                return (ErrorCode.NotFound, null);
            var error = _machine.Members.Check(join, _machine.Spec.Members);
            if (error == ErrorCode.None && _machine.Members.Find(join.Member) is null && _machine.Members.Members.Length >= _environment.Options.ConsumerMembersMax)
                error = ErrorCode.LimitExceeded;
            if (error != ErrorCode.None)
                return (error, null);
            var earlier = _machine.Members.Find(join.Member);
            var slot = _machine.Join(join);
            _machine.Members.Switched.Remove(slot);
            member = new ConsumerMembership(this, slot, receiver);
            if (earlier is not null && _memberships.Remove(earlier.Id, out var replaced))
            {
                replaced.IsOver = true;
                _notices.Enqueue(new MemberNotice(replaced, MemberNoticeKind.Left, ErrorCode.Fenced));
            }
            _memberships.Add(slot.Id, member);
            var joined = new MemberJoined(slot.IsActive, slot.Own?.Count ?? 0, IsCounted() ? _machine.Waiting : -1);
            _notices.Enqueue(new MemberNotice(member, MemberNoticeKind.Joined, Joined: joined));
            _lastUsedMs = _environment.NowMs;
        }
        Schedule();
        return (ErrorCode.None, member);
    }

    public void AddCredit(ConsumerMembership member, int records, long bytes)
    {
        lock (_lock)
        {
            if (member.IsOver)
                return;
            member.Slot.AddCredit(records, bytes);
        }
        Schedule();
    }

    public void Answer(ConsumerMembership? member, ReadOnlySpan<Acknowledgement> answers)
    {
        lock (_lock)
        {
            if (_isGone || member is { IsOver: true })
                return;
            var nowMs = _environment.NowMs;
            foreach (ref readonly var answer in answers)
            {
                if (!_byName.TryGetValue(answer.Delivery.Log, out var link))
                    continue;
                var delayMs = answer.Delay is { } delay ? (long)delay.TotalMilliseconds : -1;
                var offset = answer.Delivery.Offset.Value;
                if (_machine.Answer(link.Progress.Index, offset, answer.Delivery.DeliveryCount, answer.Kind, delayMs, answer.Note, nowMs))
                    continue;
                if (_machine.Spec.PriorityOrder)
                    _sideWork.AddUnknown(new RecordKey(link.Progress.Index, offset));
                else if (offset < link.Dispatch.Matched)
                    _machine.AcknowledgeTo(link.Progress, 0, offset);
            }
            _lastUsedMs = nowMs;
            UpdateFull();
        }
        _environment.Metrics.Answered(answers.Length);
        Schedule();
    }

    /// <summary>Completes when every answer so far is stored.</summary>
    public async ValueTask<ErrorCode> SyncAsync(ConsumerMembership? member)
    {
        lock (_lock)
        {
            if (member is { IsOver: true })
                return ErrorCode.Fenced;
        }
        return await StoreAnswersAsync(mayBlock: false).ConfigureAwait(false);
    }

    public ValueTask<ErrorCode> StoreAsync() => StoreAsync(Durability.Durable, mayBlock: false);

    /// <summary>As durable as the consumer's answers are.</summary>
    /// <param name="mayBlock">As <see cref="Records.Logs.AppendRequest.MayBlock"/>.</param>
    public ValueTask<ErrorCode> StoreAnswersAsync(bool mayBlock) => StoreAsync(Spec.AckDurability, mayBlock);

    private ValueTask<ErrorCode> StoreAsync(Durability level, bool mayBlock)
    {
        var settled = _sideWork.WhenSettledAsync();
        return settled.IsCompletedSuccessfully ? new(_environment.Journal.StoreAsync(this, level, mayBlock)) : StoreBehindAsync(settled, level, mayBlock);
    }

    private async ValueTask<ErrorCode> StoreBehindAsync(Task settled, Durability level, bool mayBlock)
    {
        await settled.ConfigureAwait(false);
        return await _environment.Journal.StoreAsync(this, level, mayBlock).ConfigureAwait(false);
    }

    public async ValueTask LeaveAsync(ConsumerMembership member, bool isLost)
    {
        lock (_lock)
        {
            if (!member.IsOver)
            {
                member.IsOver = true;
                _memberships.Remove(member.Slot.Id);
                _machine.Leave(member.Slot, isLost, _environment.NowMs);
                _lastUsedMs = _environment.NowMs;
                _notices.Enqueue(new MemberNotice(member, MemberNoticeKind.Ended));
            }
        }
        Schedule();
        await member.Ended.Task.ConfigureAwait(false);
        if (!isLost)
            await StoreAsync().ConfigureAwait(false);
    }

    public async ValueTask<FetchResult> FetchAsync(FetchRequest request, ConsumerMembership? member, CancellationToken cancellationToken)
    {
        if (request.MaxRecords < 1 || request.MaxBytes < 1 || request.MaxWait < TimeSpan.Zero || request.AckWait < TimeSpan.Zero)
            return FetchResult.Failed(ErrorCode.InvalidArgument);
        FetchCall call;
        bool isAlone;
        lock (_lock)
        {
            if (_isGone)
                return FetchResult.Failed(ErrorCode.NotFound);
            if (member is { IsOver: true })
                return FetchResult.Failed(ErrorCode.Fenced);
            if (member is { Slot.IsActive: false })
                return FetchResult.Failed(ErrorCode.LeaseHeld);
            if (member is null && !_machine.Members.Members.IsEmpty
                && (_machine.Spec.Members != MemberPolicy.Shared || _machine.Members.Members[0].IsExclusive))
                return FetchResult.Failed(ErrorCode.LeaseHeld);
            if (_fetches.Count >= _environment.Options.ConsumerMembersMax)
                return FetchResult.Failed(ErrorCode.LimitExceeded);
            call = new FetchCall(_machine.BeginFetch(request with { MaxWait = Min(request.MaxWait, _environment.Options.ReadWaitMax) }, member?.Slot, _environment.NowMs));
            _fetches.Add(call.Slot.Id, call);
            if (_machine.Spec.PriorityOrder)
            {
                foreach (var link in _byName.Values)
                    link.WantedTo = link.Partition.CommittedEnd.Value;
            }
            _lastUsedMs = _environment.NowMs;
            isAlone = _memberships.Count == 0;
        }
        Schedule(isHere: request.MayBlock && isAlone);
        await using var cancellation = cancellationToken.UnsafeRegister(
            static state =>
            {
                var (consumer, call) = ((Consumer, FetchCall))state!;
                consumer.Cancel(call);
            },
            (this, call)).ConfigureAwait(false);
        return await call.Done.ConfigureAwait(false);
    }

    // ---- the end

    /// <summary>Tells everybody that it is over. What is stored goes when the journal writes next.</summary>
    public void End(ErrorCode reason)
    {
        List<FetchCall> fetches;
        lock (_lock)
        {
            if (_isGone)
                return;
            _isGone = true;
            foreach (var member in _memberships.Values)
            {
                member.IsOver = true;
                _notices.Enqueue(new MemberNotice(member, MemberNoticeKind.Left, reason));
            }
            _memberships.Clear();
            fetches = [.. _fetches.Values];
            _fetches.Clear();
        }
        foreach (var fetch in fetches)
            fetch.Complete(reason);
        Schedule();
    }

    /// <summary>The node drains: members are told, nothing is forgotten.</summary>
    public async ValueTask DrainAsync()
    {
        List<FetchCall> fetches;
        lock (_lock)
        {
            foreach (var member in _memberships.Values)
            {
                member.IsOver = true;
                member.Slot.IsActive = false;
                _notices.Enqueue(new MemberNotice(member, MemberNoticeKind.Left, ErrorCode.Unavailable));
            }
            _memberships.Clear();
            fetches = [.. _fetches.Values];
            foreach (var fetch in fetches)
                _machine.EndFetch(fetch.Slot);
            _fetches.Clear();
        }
        foreach (var fetch in fetches)
            fetch.Complete(ErrorCode.Unavailable);
        Schedule();
        await _sideWork.WhenSettledAsync().ConfigureAwait(false);
    }

    // ---- the loop

    public override void Schedule() => Schedule(isHere: false);

    /// <param name="isHere">Where the loop rests it runs on the calling thread.</param>
    private void Schedule(bool isHere)
    {
        if (Interlocked.Exchange(ref _work, 2) != 0)
            return;
        if (isHere)
            _ = RunAsync();
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    public void Deliver(int slot, in Deliveries deliveries)
    {
        ConsumerMembership? member;
        lock (_lock)
        {
            if (_fetches.TryGetValue(slot, out var fetch))
            {
                fetch.Add(deliveries);
                member = null;
            }
            else
            {
                member = _memberships.GetValueOrDefault(slot);
            }
        }
        _environment.Metrics.Delivered(deliveries.Marks.Length);
        if (member is { IsOver: false })
            MemberCalls.Tell(member, deliveries, Ref, _environment.Logger);
    }

    /// <summary>What happened to the records that <see cref="SideWork"/> took care of.</summary>
    public void Settle(Action<ConsumerMachine> outcome)
    {
        lock (_lock)
        {
            outcome(_machine);
            UpdateFull();
        }
        Schedule();
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private async Task RunAsync()
    {
        var assembler = _environment.RentAssembler();
        try
        {
            do
            {
                Volatile.Write(ref _work, 1);
                while (await StepAsync(assembler).ConfigureAwait(false))
                {
                }
            }
            while (Interlocked.CompareExchange(ref _work, 0, 1) != 1);
        }
        catch (Exception error)
        {
            ConsumerLog.Failed(_environment.Logger, Ref, error);
            TakeBack(_round, _environment.NowMs);
            _round.Clear();
            Volatile.Write(ref _work, 0);
            _environment.Clock.Set(this, _environment.NowMs + RetryMs);
        }
        _environment.Return(assembler);
    }

    /// <returns>There may be more to do at once.</returns>
    private async ValueTask<bool> StepAsync(DeliveryAssembler assembler)
    {
        var nowMs = _environment.NowMs;
        var isHeldBack = IsHeldBack(nowMs);
        lock (_lock)
        {
            if (!_isGone)
                HandOut(nowMs, isHeldBack);
        }
        TellNotices();
        if (_isGone)
            return false;
        if (_round.Count > 0)
            await DeliverAsync(assembler, nowMs).ConfigureAwait(false);
        var hasFilled = await FillAsync(nowMs).ConfigureAwait(false);
        var mayGoOn = _round.Count > 0 || hasFilled || (isHeldBack && !IsHeldBack(nowMs));
        var isQuiet = !mayGoOn && HasMatched() && (!HasFetchAtItsEnd(nowMs) || HasCaughtUp());
        // It may have caught up just now.
        mayGoOn |= isQuiet && WasPushedSince();
        Finish(nowMs, isQuiet && !mayGoOn);
        _round.Clear();
        return mayGoOn;
    }

    /// <summary>Somebody is about to be told that there is nothing.</summary>
    private bool HasFetchAtItsEnd(long nowMs)
    {
        lock (_lock)
        {
            foreach (var fetch in _fetches.Values)
            {
                if (fetch.Slot.EndsMs <= nowMs)
                    return true;
            }
            return false;
        }
    }

    /// <summary>Everything that was stored before is known here; otherwise the loop runs again when it is.</summary>
    private bool HasCaughtUp()
    {
        foreach (var link in Links)
        {
            if (!link.Dispatch.HasCaughtUp(this))
                return false;
        }
        return true;
    }

    /// <summary>What waits must be known first; where it cannot be read, what is known goes.</summary>
    private bool IsHeldBack(long nowMs) => !HasMatched() || (nowMs >= _fillAgainMs && MustFillFirst());

    /// <summary>In priority order: whether everything is known here that was stored when the last fetch began.</summary>
    private bool HasMatched()
    {
        if (!_machine.Spec.PriorityOrder)
            return true;
        for (var i = 0; i < _links.Count; i++)
        {
            if (FindLink(i) is { } link && !link.Dispatch.HasMatched(this, link.WantedTo))
                return false;
        }
        return true;
    }

    private void HandOut(long nowMs, bool isHeldBack)
    {
        NotePushed();
        _machine.Tick(nowMs);
        foreach (var slot in _machine.Members.Switched)
        {
            if (_memberships.TryGetValue(slot.Id, out var member))
                _notices.Enqueue(new MemberNotice(member, slot.IsActive ? MemberNoticeKind.Active : MemberNoticeKind.Inactive));
        }
        _machine.Members.Switched.Clear();
        if (!isHeldBack)
            _machine.HandOut(nowMs, _round, RoundRecordsMax, RoundBytesMax);
        Interlocked.Exchange(ref _waitingNow, IsCounted() ? _machine.Waiting : -1);
    }

    private async ValueTask DeliverAsync(DeliveryAssembler assembler, long nowMs)
    {
        if (_machine.Spec.StoreDeliveries && await _environment.Journal.StoreAsync(this).ConfigureAwait(false) != ErrorCode.None)
        {
            TakeBack(_round, nowMs);
            return;
        }
        await assembler.DeliverAsync(_round, this, nowMs).ConfigureAwait(false);
        if (assembler.Vanished.Count + assembler.Expired.Count + assembler.Unreadable.Count == 0)
            return;
        lock (_lock)
        {
            foreach (var handout in assembler.Vanished)
                _machine.Vanished(handout);
            foreach (var handout in assembler.Expired)
                _machine.Expired(handout);
        }
        TakeBack(assembler.Unreadable, nowMs);
    }

    private void TakeBack(List<Handout> handouts, long nowMs)
    {
        lock (_lock)
        {
            foreach (var handout in handouts)
                _machine.TakeBack(handout, nowMs, RetryMs);
        }
    }

    /// <summary>Reads logs on for which records are wanted.</summary>
    private async ValueTask<bool> FillAsync(long nowMs)
    {
        if (nowMs < _fillAgainMs)
            return false;
        var hasFilled = false;
        for (var i = 0; i < _links.Count; i++)
        {
            if (FindLink(i) is not { } link)
            {
                // A log that cannot be opened holds nobody up.
                if (WantsFill(i))
                    _fillAgainMs = nowMs + RetryMs;
                continue;
            }
            if (!WantsFill(link.Progress))
                continue;
            var (error, found) = await ReadyFill.RunAsync(this, link, ReadyMax).ConfigureAwait(false);
            hasFilled |= found;
            if (error != ErrorCode.None)
                _fillAgainMs = nowMs + RetryMs;
        }
        return hasFilled;
    }

    private void Finish(long nowMs, bool isQuiet)
    {
        var dueMs = long.MaxValue;
        lock (_lock)
        {
            _machine.EndFetches(nowMs, isQuiet);
            foreach (var slot in _machine.EndedFetches)
            {
                if (_fetches.Remove(slot.Id, out var call))
                    _ended.Add(call);
            }
            _machine.EndedFetches.Clear();
            TellFinished();
            UpdateFull();
            if (_machine.Dying.Count > 0)
                _sideWork.Start();
            if (_machine.HasUnstored)
                _environment.Journal.Note(this);
            if (isQuiet)
                dueMs = WhenNext(nowMs);
        }
        foreach (var call in _ended)
            call.Complete(call.Slot is { IsShutOut: true, Got: 0 } ? call.Slot.Owner == MemberSlot.Nobody ? ErrorCode.LeaseHeld : ErrorCode.Fenced : ErrorCode.None);
        _ended.Clear();
        if (isQuiet)
            _environment.Clock.Set(this, dueMs);
    }

    private void TellFinished()
    {
        if (_machine.Finished.Count == 0)
            return;
        foreach (var byLog in _machine.Finished.GroupBy(static key => key.Log))
            _links[byLog.Key]?.Dispatch.Retention.OnFinished([.. byLog.Select(static key => key.Offset)]);
        _machine.Finished.Clear();
    }

    /// <summary>When something is due, idleness included.</summary>
    private long WhenNext(long nowMs)
    {
        var dueMs = _machine.NextDueMs(nowMs);
        if (_fillAgainMs > nowMs)
            dueMs = Math.Min(dueMs, _fillAgainMs);
        if (_sideWork.AgainMs > nowMs)
            dueMs = Math.Min(dueMs, _sideWork.AgainMs);
        else if (_machine.Dying.Count > 0)
            _sideWork.Start();
        if (!_machine.Members.Members.IsEmpty || _fetches.Count > 0)
            return dueMs;
        var expiryMs = (long)_machine.Spec.InactiveExpiry.TotalMilliseconds;
        if (expiryMs > 0 && nowMs >= _lastUsedMs + expiryMs)
            _environment.Expire(this);
        else if (expiryMs > 0)
            dueMs = Math.Min(dueMs, _lastUsedMs + expiryMs);
        if (_machine.KeepsReady || !_machine.Logs.Any(static log => log.IsLive || log.ReadyCount > 0))
            return dueMs;
        if (nowMs < _lastUsedMs + ParkAfterMs)
            return Math.Min(dueMs, _lastUsedMs + ParkAfterMs);
        Park();
        return dueMs;
    }

    private void Park()
    {
        foreach (var link in _links)
        {
            if (link is null)
                continue;
            if (link.Progress.IsLive && link.Progress.ReadyCount == 0)
                _machine.Advance(link.Progress, link.Dispatch.Matched);
            link.Progress.ForgetReady();
        }
        _environment.Journal.Note(this);
    }

    private bool IsCounted()
    {
        foreach (var log in _machine.Logs)
        {
            if (!log.IsCounted && !log.IsGone)
                return false;
        }
        return true;
    }

    private void Cancel(FetchCall call)
    {
        lock (_lock)
        {
            if (call.Slot.Got > 0 || !_fetches.Remove(call.Slot.Id))
                return;
            _machine.EndFetch(call.Slot);
        }
        call.Complete(ErrorCode.Cancelled);
    }

    private void TellNotices()
    {
        while (true)
        {
            MemberNotice notice;
            lock (_lock)
            {
                if (!_notices.TryDequeue(out notice))
                    return;
            }
            MemberCalls.Tell(notice, Ref, _environment.Logger);
        }
    }
}

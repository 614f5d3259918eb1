using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>
/// A consumer's decisions: which record goes to whom, what becomes of it. Pure: state, an input and the time given with it lead to a new state and to effects (handouts, dying and finished
/// records, members that are told, ops to be stored) that the caller carries out. No I/O, no clock, no lock: one caller at a time.
/// </summary>
internal sealed class ConsumerMachine : ConsumerRecovery
{
    /// <summary>So many records are remembered for a consumer without members and fetches: tens of thousands of them may wait for the same log. What comes after is read when it is wanted.</summary>
    private const int UnwantedReadyMax = 256;

    private readonly HandingOut _handingOut;

    /// <param name="pendingMax">Records that may be between their first delivery and their end, whatever the specification allows.</param>
    public ConsumerMachine(ConsumerSpec spec, int pendingMax)
        : base(spec) => _handingOut = new HandingOut(this, _logs, pendingMax);

    public LogProgress AddLog(Guid topic, TopicPartition name)
    {
        NeedsSnapshot = true;
        // The place of a topic that is gone is taken again: what points there is checked against what stands there.
        if (_logs.FindIndex(static other => other.IsGone) is var free and >= 0 && !_isLoading)
            return _logs[free] = new LogProgress(free, topic, name, Spec.PriorityOrder);
        var log = new LogProgress(_logs.Count, topic, name, Spec.PriorityOrder);
        _logs.Add(log);
        return log;
    }

    public bool IsPaused(long nowMs) => Spec.PausedUntilMs > nowMs;

    // ---- what waits

    /// <summary>A matching record was appended. Returns true where that may lead to something.</summary>
    public bool Push(LogProgress log, in ReadyRecord record, int readyMax)
    {
        log.Push(LaneFor(record.Priority), record, log.IsLive && IsUnwanted ? Math.Min(readyMax, UnwantedReadyMax) : readyMax);
        return KeepsReady || Members.AnyHasCredit();
    }

    private bool IsUnwanted => !KeepsReady && Members.Members.IsEmpty && Members.Fetches.IsEmpty;

    /// <summary>A matching record was found while the log was read. Returns false where no more fit; it must be found again then.</summary>
    public bool Fill(LogProgress log, in ReadyRecord record, int readyMax)
    {
        if (record.Offset < log.LaneOf(LaneFor(record.Priority)).Position || (log.Pending.Count > 0 && log.Pending.ContainsKey(record.Offset)))
            return true;
        if (log.ReadyCount >= readyMax)
            return false;
        log.Enqueue(LaneFor(record.Priority), record);
        return true;
    }

    /// <summary>Whether there may be more urgent records than those that are known.</summary>
    public bool MustFillFirst(int readyMax)
    {
        if (!Spec.PriorityOrder)
            return false;
        foreach (var log in _logs)
        {
            if (WantsFill(log, readyMax))
                return true;
        }
        return false;
    }

    /// <summary>Whether a log should be read on: somebody wants records, and few of this log are known.</summary>
    public bool WantsFill(LogProgress log, int readyMax) =>
        !log.IsGone && !log.IsLive && log.ReadyCount <= readyMax / 2 && log.Bindings.Ranges.Count > 0 && (KeepsReady || Members.AnyHasCredit());

    /// <summary>A log's records before an offset are gone: retention, or a delete.</summary>
    public void CutBefore(LogProgress log, long start) => log.CutBefore(start, AcksAll);

    /// <summary>Nothing of the consumer's lies before an offset, and nothing waits.</summary>
    public void Advance(LogProgress log, long position)
    {
        if (log.TryAdvance(position, AcksAll))
            NoteAdvanced(log, position);
    }

    /// <summary>A binding begins before what was read: the log is read once more from there, and what the other bindings had before is left out.</summary>
    public void GoBack(LogProgress log, long from)
    {
        NeedsSnapshot = true;
        log.GoBack(from);
    }

    /// <summary>A log has lost its end: the records from an offset on are not those that the consumer has seen.</summary>
    public void CutFrom(LogProgress log, long end)
    {
        NeedsSnapshot = true;
        foreach (var offset in log.Pending.Keys.Where(offset => offset >= end).ToArray())
        {
            Pending.NoteGone(new RecordKey(log.Index, offset), log.Pending[offset]);
            log.Pending.Remove(offset);
        }
        log.CutFrom(end);
    }

    /// <summary>A single record that is to be delivered although the log's position lies behind it.</summary>
    public void AddWaiting(LogProgress log, long offset, byte priority, int bytes)
    {
        var pending = new PendingRecord { Bytes = bytes, Priority = LaneFor(priority), Slot = MemberSlot.Nobody, State = PendingState.Returned, IsSingle = true };
        if (!log.Pending.TryAdd(offset, pending))
            return;
        Ops.WriteSized(OpKind.Waits, log.Index, pending.Priority, offset, bytes);
        Pending.NoteReturned(new RecordKey(log.Index, offset), ref log.FindPending(offset, out _));
    }

    // ---- members

    public MemberSlot Join(ConsumerJoin join)
    {
        var slot = MemberSlot.Of(join, Members.NextId());
        if (Members.Find(join.Member) is { } earlier)
        {
            Members.Replace(earlier, slot, Spec.Members);
            // One that may not get anything must not keep it from others.
            Pending.ReturnAll(earlier, heir: slot.IsActive ? slot : null);
        }
        else
        {
            Members.Add(slot, Spec.Members);
        }
        return slot;
    }

    public void Leave(MemberSlot slot, bool isLost, long nowMs)
    {
        if (isLost && slot.ReturnWithinMs > 0)
        {
            Members.Lose(slot, nowMs + slot.ReturnWithinMs, Spec.Members);
            return;
        }
        Pending.ReturnAll(slot);
        Members.Remove(slot, Spec.Members);
    }

    /// <summary>Begins a fetch. What earlier fetches got for no time and nobody answered comes again.</summary>
    public MemberSlot BeginFetch(FetchRequest request, MemberSlot? member, long nowMs)
    {
        if (member is null)
            Pending.ReturnUnowned();
        var fetch = MemberSlot.Of(request, Members.NextId(), member?.Id ?? MemberSlot.Nobody, nowMs);
        Members.AddFetch(fetch);
        return fetch;
    }

    public void EndFetch(MemberSlot fetch)
    {
        Members.RemoveFetch(fetch);
        fetch.IsActive = false;
    }

    // ---- delivery

    /// <summary>Decides what goes to whom, as long as there is credit and room. The records are pending afterwards.</summary>
    public void HandOut(long nowMs, List<Handout> into, int recordsMax, int bytesMax)
    {
        foreach (var fetch in Members.Fetches)
            fetch.WasOffered = true;
        if (!IsPaused(nowMs))
            _handingOut.Run(nowMs, into, recordsMax, bytesMax);
    }

    /// <summary>The fetches that have got something, or whose time is over, or whose consumer cannot give anything to them.</summary>
    public void EndFetches(long nowMs, bool nothingMore)
    {
        for (var i = Members.Fetches.Length - 1; i >= 0; i--)
        {
            var fetch = Members.Fetches[i];
            if (!fetch.IsShutOut && fetch.CreditRecords > 0 && fetch.CreditBytes > 0 && (!nothingMore || !fetch.WasOffered || (fetch.Got == 0 && fetch.EndsMs > nowMs)))
                continue;
            EndFetch(fetch);
            EndedFetches.Add(fetch);
        }
    }

    /// <summary>A record that was handed out is not in the log any more, or was never to be: it costs nobody credit and is done.</summary>
    public void Vanished(in Handout handout)
    {
        Members.RestoreCredit(handout.Slot, handout.Bytes);
        Forget(new RecordKey(handout.Log, handout.Offset));
    }

    /// <summary>A record that was handed out turned out to be expired before anybody got it.</summary>
    public void Expired(in Handout handout)
    {
        Members.RestoreCredit(handout.Slot, handout.Bytes);
        ref var pending = ref _logs[handout.Log].FindPending(handout.Offset, out var isThere);
        if (!isThere || pending.State != PendingState.Out)
            return;
        var key = new RecordKey(handout.Log, handout.Offset);
        Uncount(key, ref pending);
        Die(key, DeadMark.Expired);
    }

    /// <summary>A record that was handed out cannot be read at present: its delivery does not count, and it comes again later.</summary>
    public void TakeBack(in Handout handout, long nowMs, long delayMs)
    {
        Members.RestoreCredit(handout.Slot, handout.Bytes);
        ref var pending = ref _logs[handout.Log].FindPending(handout.Offset, out var isThere);
        if (!isThere || pending.State != PendingState.Out)
            return;
        var key = new RecordKey(handout.Log, handout.Offset);
        Uncount(key, ref pending);
        GiveBack(key, ref pending, nowMs, delayMs);
    }

    // ---- answers

    /// <summary>Takes an answer to a delivery. Returns false where the record is not pending and the ack policy still gives the answer a meaning: see <see cref="AcknowledgeTo"/>.</summary>
    /// <param name="delayMs">-1: the back-off.</param>
    public bool Answer(int logIndex, long offset, int deliveryCount, AckKind kind, long delayMs, long note, long nowMs)
    {
        if (logIndex < 0 || logIndex >= _logs.Count)
            return true;
        var log = _logs[logIndex];
        ref var pending = ref log.FindPending(offset, out var isThere);
        if (!isThere)
            return kind != AckKind.Acknowledge || !AcksAll;
        if (pending.State == PendingState.Dying || (deliveryCount != 0 && deliveryCount != pending.DeliveryCount))
            return true;
        var key = new RecordKey(logIndex, offset);
        switch (kind)
        {
            // One that was kept by itself may come before what it was appended behind: then it stands for nothing but itself.
            case AckKind.Acknowledge when AcksAll && (!pending.IsSingle || offset < log.PositionOf(pending.Priority)):
                AcknowledgeTo(log, pending.Priority, offset);
                break;
            case AckKind.Acknowledge:
                Acknowledge(key);
                break;
            case AckKind.Terminate:
                Die(key, DeadMark.Rejected);
                break;
            case AckKind.Return when PendingTable.IsHeld(pending):
                GiveBack(key, ref pending, nowMs, delayMs >= 0 ? delayMs : BackOffMs(pending.DeliveryCount));
                break;
            case AckKind.Release when PendingTable.IsHeld(pending):
                Release(key, ref pending);
                break;
            case AckKind.Progress when pending.State == PendingState.Out:
                KeepAlive(key, ref pending, note, nowMs);
                break;
            default:
                break;
        }
        return true;
    }

    /// <summary>Ack policy all: a record, and what was handed out before it, is done; also where the consumer does not remember having handed it out.</summary>
    public void AcknowledgeTo(LogProgress log, byte priority, long offset)
    {
        priority = LaneFor(priority);
        foreach (var lane in log.Lanes)
        {
            if (lane.Priority > priority)
                AcknowledgeLane(log, lane, log.SeenTo(lane));
        }
        var own = log.LaneOf(priority);
        var (acknowledged, before) = (_totals.Acknowledged, own.AckedTo);
        while (own.Ready.TryPeek(out var record) && record.Offset <= offset)
        {
            log.Dequeue(own);
            (_totals.Acknowledged, _totalsMoved) = (_totals.Acknowledged + 1, true);
        }
        if (own.Position <= offset)
        {
            // What lies between the two was never seen by this consumer, only by whoever it was before a restart.
            if (!log.IsLive && own.Ready.Count == 0 && log.KnownTo <= offset)
                log.Uncount();
            own.Position = offset + 1;
            log.KnownTo = Math.Max(log.KnownTo, log.Position);
        }
        AcknowledgeLane(log, own, offset + 1);
        // The record itself is done, whoever it was handed to.
        if (own.AckedTo > before && _totals.Acknowledged == acknowledged)
            (_totals.Acknowledged, _totalsMoved) = (_totals.Acknowledged + 1, true);
    }

    // ---- time

    /// <summary>Does what has become due.</summary>
    public void Tick(long nowMs)
    {
        EndAckWaits(nowMs);
        Pending.ReturnDelayed(nowMs);
        for (var i = Members.Members.Length - 1; i >= 0; i--)
        {
            var member = Members.Members[i];
            if (member.LostUntilMs > 0 && member.LostUntilMs <= nowMs)
                Leave(member, isLost: false, nowMs);
        }
        foreach (var log in _logs)
        {
            foreach (var lane in log.Lanes)
            {
                while (lane.Ready.TryPeek(out var head) && head.ExpiresMs > 0 && head.ExpiresMs <= nowMs)
                    GiveUpHead(log, lane, DeadMark.Expired);
            }
        }
        TrimBacklog();
    }

    /// <summary>Unix ms at which <see cref="Tick"/> has something to do.</summary>
    public long NextDueMs(long nowMs)
    {
        var due = Pending.NextDueMs;
        foreach (var member in Members.Members)
        {
            if (member.LostUntilMs > 0)
                due = Math.Min(due, member.LostUntilMs);
        }
        foreach (var fetch in Members.Fetches)
            due = Math.Min(due, fetch.EndsMs);
        if (IsPaused(nowMs))
            due = Math.Min(due, Spec.PausedUntilMs);
        foreach (var log in _logs)
        {
            foreach (var lane in log.Lanes)
            {
                if (lane.Ready.TryPeek(out var head) && head.ExpiresMs > 0)
                    due = Math.Min(due, head.ExpiresMs);
            }
        }
        return due;
    }

    // ---- the whole

    /// <summary>Drops what waits. What is out stays out. Returns the number of records.</summary>
    /// <param name="ends">By log: where it ends now.</param>
    public long Purge(Func<LogProgress, long> ends)
    {
        var records = Waiting;
        foreach (var log in _logs)
        {
            if (log.IsGone)
                continue;
            var waiting = new List<long>();
            foreach (var (offset, pending) in log.Pending)
            {
                if (pending.State is PendingState.Returned or PendingState.Delayed)
                    waiting.Add(offset);
            }
            foreach (var offset in waiting)
                Forget(new RecordKey(log.Index, offset));
            var end = ends(log);
            log.SkipTo(end);
            NoteAdvanced(log, end);
        }
        return records;
    }

    /// <summary>Forgets everything about a log and begins again at an offset.</summary>
    public void Restart(LogProgress log, long position)
    {
        NeedsSnapshot = true;
        foreach (var (offset, pending) in log.Pending)
            Pending.NoteGone(new RecordKey(log.Index, offset), pending);
        log.Restart(position);
    }

    /// <summary>A log's topic is gone, and everything of it.</summary>
    public void Remove(LogProgress log)
    {
        Restart(log, 0);
        foreach (var range in log.Bindings.Ranges.ToArray())
            log.Bindings.Remove(range);
        log.IsGone = true;
        log.IsCounted = true;
    }

    /// <summary>Where everything up to a position is acknowledged, an advance says that what is pending before it is done.</summary>
    private void NoteAdvanced(LogProgress log, long position)
    {
        if (!AcksAll || log.Pending.Count == 0)
            Ops.Write(OpKind.Advanced, log.Index, position);
    }
}

using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>
/// The records that one consumer has to do with, and how each moves between its states: waiting, out, given back, delayed, dying, done. Keeps the counts and the ops in step with them; what is to
/// happen is decided by <see cref="ConsumerMachine"/>.
/// </summary>
internal abstract class ConsumerRecords(ConsumerSpec spec, int pendingMax)
{
    protected readonly List<LogProgress> _logs = [];
    protected readonly PriorityQueue<RecordKey, (int Lane, int Log, long Offset)> _returned = new();
    protected readonly Deadlines _delayed = new();
    protected readonly Deadlines _deadlines = new();
    protected readonly List<RecordKey> _unowned = [];
    protected ConsumerTotals _totals;
    protected int _logTurn;
    protected int _outstanding;
    protected int _delayedCount;
    protected int _dyingCount;
    protected long _returnedBytes;
    protected bool _totalsMoved;
    protected bool _isLoading;

    public ConsumerSpec Spec { get; set; } = spec;

    public MemberTable Members { get; } = new();

    public IReadOnlyList<LogProgress> Logs => _logs;

    /// <summary>Changes that are not stored yet.</summary>
    public OpWriter Ops { get; } = new();

    /// <summary>Effect: records that wait for their copy among the dead letters.</summary>
    public Queue<RecordKey> Dying { get; } = new();

    /// <summary>Effect: records that are done, of logs whose retention asks for that.</summary>
    public List<RecordKey> Finished { get; } = [];

    /// <summary>Whether <see cref="Finished"/> is wanted.</summary>
    public bool TracksFinished { get; set; }

    /// <summary>Effect: fetches that are over.</summary>
    public List<MemberSlot> EndedFetches { get; } = [];

    public long LastSequence { get; protected set; }

    public ConsumerTotals Totals => _totals;

    /// <summary>Out with a member or a fetch.</summary>
    public int Outstanding => _outstanding - _delayedCount;

    public int ReturnedCount { get; protected set; }

    public long Waiting => ReturnedCount + _delayedCount + SumUnhanded();

    public long WaitingBytes
    {
        get
        {
            var bytes = _returnedBytes;
            foreach (var log in _logs)
                bytes += log.UnhandedBytes;
            return bytes;
        }
    }

    /// <summary>Something changed that no op tells of: what is stored next must be a snapshot.</summary>
    public bool NeedsSnapshot { get; set; }

    public bool HasUnstored => NeedsSnapshot || !Ops.IsEmpty || _totalsMoved || _logs.Exists(static log => !log.IsGone && HasMovedLane(log));

    /// <summary>Records are worth knowing although nobody asks for them: they expire, or too many of them are dropped.</summary>
    public bool KeepsReady => !Spec.RecordTtl.Equals(TimeSpan.Zero) || Spec.DeadLetter is not null || Spec.Backlog is { Overflow: BacklogOverflow.DropOldest };

    protected bool IsExplicit => Spec.AckPolicy == AckPolicy.Explicit;

    /// <summary>What becomes of a record is written down. A position says it where everything up to one is acknowledged.</summary>
    protected bool IsStored(in PendingRecord pending) => Spec.AckPolicy != AckPolicy.All || pending.IsSingle;

    protected int OutMax => Spec.MaxPending > 0 ? Math.Min(Spec.MaxPending, pendingMax) : pendingMax;

    protected static bool HasMovedLane(LogProgress log)
    {
        foreach (var lane in log.Lanes)
        {
            if (lane.IsMoved)
                return true;
        }
        return false;
    }

    protected static void MoveTo(Lane lane, long position)
    {
        lane.Position = position;
        lane.IsMoved = true;
    }

    protected byte LaneFor(byte priority) => Spec.PriorityOrder ? priority : (byte)0;

    protected long SumUnhanded()
    {
        var sum = 0L;
        foreach (var log in _logs)
            sum += log.Unhanded;
        return sum;
    }

    protected void Enqueue(LogProgress log, in ReadyRecord record)
    {
        log.LaneOf(LaneFor(record.Priority)).Ready.Enqueue(record);
        log.ReadyCount++;
    }

    protected static ReadyRecord Dequeue(LogProgress log, Lane lane)
    {
        log.ReadyCount--;
        return lane.Ready.Dequeue();
    }

    /// <summary>What comes next: a returned record, or the head of a lane. Logs take turns among equals.</summary>
    protected bool TryChoose(out RecordKey? returned, out LogProgress? log, out Lane? lane)
    {
        returned = FindReturned(out var returnedPriority);
        log = null;
        lane = null;
        if (_outstanding >= OutMax)
            return false;
        for (var i = 0; i < _logs.Count; i++)
        {
            var candidate = _logs[(_logTurn + i) % _logs.Count];
            foreach (var own in candidate.Lanes)
            {
                if (own.Ready.Count == 0)
                    continue;
                if (lane is null || own.Priority > lane.Priority)
                    (log, lane) = (candidate, own);
                break;
            }
        }
        if (returned is not null && (lane is null || returnedPriority >= lane.Priority))
        {
            (log, lane) = (null, null);
            return true;
        }
        returned = null;
        if (lane is null || PendingCount >= pendingMax)
            return false;
        if (_logs.Count > 1)
            _logTurn = (log!.Index + 1) % _logs.Count;
        return true;
    }

    protected int PendingCount => _outstanding + ReturnedCount + _dyingCount;

    protected RecordKey? FindReturned(out byte priority)
    {
        priority = 0;
        while (_returned.TryPeek(out var key, out _))
        {
            ref var pending = ref _logs[key.Log].FindPending(key.Offset, out var isThere);
            if (isThere && pending.State == PendingState.Returned && pending.Slot == MemberSlot.Nobody)
            {
                priority = pending.Priority;
                return key;
            }
            _returned.Dequeue();
        }
        return null;
    }

    /// <param name="slot">Whose it is.</param>
    protected Handout? HandOutAgain(RecordKey key, MemberSlot slot, long nowMs)
    {
        ref var pending = ref _logs[key.Log].FindPending(key.Offset, out _);
        if (Spec.MaxDeliver > 0 && pending.DeliveryCount >= Spec.MaxDeliver)
        {
            Die(key, DeadMark.Deliveries);
            return null;
        }
        if (pending.Sequence == 0)
            pending.Sequence = ++LastSequence;
        pending.DeliveryCount++;
        if (IsStored(pending))
            Ops.Write(OpKind.Again, key.Log, key.Offset);
        _totals.Delivered++;
        if (pending.DeliveryCount > 1)
            _totals.Redelivered++;
        _totalsMoved = true;
        if (Spec.AckPolicy == AckPolicy.None)
            return HandOutForGood(key, pending, slot);
        ReturnedCount--;
        _returnedBytes -= pending.Bytes;
        if (Spec.AckPolicy == AckPolicy.All)
            _logs[key.Log].LaneOf(pending.Priority).Unacknowledged.Add(key.Offset);
        return Give(key, ref pending, slot, nowMs);
    }

    /// <summary>Nobody will acknowledge it.</summary>
    protected Handout HandOutForGood(RecordKey key, in PendingRecord pending, MemberSlot slot)
    {
        var handout = new Handout(key.Log, key.Offset, slot.Id, pending.DeliveryCount, pending.Sequence, 0, pending.Bytes, pending.IsSingle);
        TakeCredit(slot, pending.Bytes);
        Acknowledge(key);
        return handout;
    }

    protected Handout HandOutNew(LogProgress log, Lane lane, long nowMs)
    {
        var record = Dequeue(log, lane);
        log.Unhanded--;
        log.UnhandedBytes -= record.Bytes;
        lane.Position = record.Offset + 1;
        LastSequence++;
        _totals.Delivered++;
        _totalsMoved = true;
        var slot = Members.Choose()!;
        if (Spec.AckPolicy == AckPolicy.None)
        {
            lane.IsMoved = true;
            _totals.Acknowledged++;
            TakeCredit(slot, record.Bytes);
            NoteFinished(new RecordKey(log.Index, record.Offset));
            return new Handout(log.Index, record.Offset, slot.Id, 1, LastSequence, 0, record.Bytes);
        }
        if (IsExplicit)
            Ops.WriteSized(OpKind.Handed, log.Index, lane.Priority, record.Offset, record.Bytes);
        else
            lane.Unacknowledged.Add(record.Offset);
        var pending = new PendingRecord { Sequence = LastSequence, DeliveryCount = 1, Bytes = record.Bytes, Priority = lane.Priority };
        var handout = Give(new RecordKey(log.Index, record.Offset), ref pending, slot, nowMs);
        log.Pending[record.Offset] = pending;
        return handout;
    }

    protected Handout Give(RecordKey key, ref PendingRecord pending, MemberSlot slot, long nowMs)
    {
        var wait = slot.AckWaitMs >= 0 ? slot.AckWaitMs : (long)Spec.AckWait.TotalMilliseconds;
        var owner = slot.IsFetch ? Members.Find(slot.Owner) : slot;
        pending.State = PendingState.Out;
        pending.Slot = owner?.Id ?? MemberSlot.Nobody;
        pending.WaitMs = (int)Math.Min(wait, int.MaxValue);
        pending.DueMs = wait > 0 ? nowMs + wait : 0;
        _outstanding++;
        if (owner is not null)
            owner.Pending++;
        else if (wait == 0)
            _unowned.Add(key);
        if (pending.DueMs > 0)
            AddDeadline(key, pending.DueMs);
        TakeCredit(slot, pending.Bytes);
        return new Handout(key.Log, key.Offset, slot.Id, pending.DeliveryCount, pending.Sequence, pending.Note, pending.Bytes, pending.IsSingle);
    }

    protected static void TakeCredit(MemberSlot slot, int bytes)
    {
        slot.CreditRecords--;
        slot.CreditBytes -= bytes;
        slot.Got++;
    }

    protected void RestoreCredit(in Handout handout)
    {
        foreach (var fetch in Members.Fetches)
        {
            if (fetch.Id != handout.Slot)
                continue;
            ConsumerMachine.AddCredit(fetch, 1, handout.Bytes);
            fetch.Got--;
            return;
        }
        if (Members.Find(handout.Slot) is { } member)
            ConsumerMachine.AddCredit(member, 1, handout.Bytes);
    }

    protected void Acknowledge(RecordKey key)
    {
        _totals.Acknowledged++;
        _totalsMoved = true;
        Forget(key);
    }

    protected void AcknowledgeLane(LogProgress log, Lane lane, long to)
    {
        if (to > lane.AckedTo)
        {
            lane.AckedTo = to;
            Ops.Write(OpKind.AckedTo, log.Index, lane.Priority, to);
        }
        while (lane.Unacknowledged.Count > 0 && lane.Unacknowledged.Min is var first && first < to)
        {
            Acknowledge(new RecordKey(log.Index, first));
            lane.Unacknowledged.Remove(first);
        }
    }

    /// <summary>The record is not this consumer's business any more.</summary>
    protected void Forget(RecordKey key)
    {
        var log = _logs[key.Log];
        if (!log.Pending.Remove(key.Offset, out var pending))
            return;
        NoteGone(key, pending);
        if (IsStored(pending))
            Ops.Write(OpKind.Done, key.Log, key.Offset);
        if (Spec.AckPolicy == AckPolicy.All)
            log.FindLane(pending.Priority)?.Unacknowledged.Remove(key.Offset);
        NoteFinished(key);
    }

    protected void NoteFinished(RecordKey key)
    {
        if (TracksFinished)
            Finished.Add(key);
    }

    /// <summary>Counts of a record that leaves the table.</summary>
    protected void NoteGone(RecordKey key, in PendingRecord pending)
    {
        switch (pending.State)
        {
            case PendingState.Out:
                _outstanding--;
                if (Members.Find(pending.Slot) is { } owner)
                    owner.Pending--;
                break;
            case PendingState.Delayed:
                _outstanding--;
                _delayedCount--;
                _returnedBytes -= pending.Bytes;
                break;
            case PendingState.Returned:
                ReturnedCount--;
                _returnedBytes -= pending.Bytes;
                break;
            case PendingState.Dying:
                _dyingCount--;
                break;
            default:
                throw new InvalidOperationException($"record {key} is in no known state");
        }
    }

    protected void NoteReturned(RecordKey key, ref PendingRecord pending)
    {
        pending.Slot = MemberSlot.Nobody;
        ReturnedCount++;
        _returnedBytes += pending.Bytes;
        _returned.Enqueue(key, (byte.MaxValue - pending.Priority, key.Log, key.Offset));
    }

    protected void GiveBack(RecordKey key, ref PendingRecord pending, long nowMs, long delayMs)
    {
        if (Spec.MaxDeliver > 0 && pending.DeliveryCount >= Spec.MaxDeliver)
        {
            Die(key, DeadMark.Deliveries);
            return;
        }
        NoteGone(key, pending);
        if (delayMs <= 0)
        {
            pending.State = PendingState.Returned;
            NoteReturned(key, ref pending);
            return;
        }
        pending.State = PendingState.Delayed;
        pending.DueMs = nowMs + delayMs;
        if (IsStored(pending))
            Ops.Write(OpKind.Delayed, key.Log, key.Offset, pending.DueMs);
        NoteDelayed(key, pending);
    }

    protected void NoteDelayed(RecordKey key, in PendingRecord pending)
    {
        _outstanding++;
        _delayedCount++;
        _returnedBytes += pending.Bytes;
        _delayed.Add(key, pending.DueMs);
    }

    protected void Release(RecordKey key, ref PendingRecord pending)
    {
        NoteGone(key, pending);
        Uncount(key, ref pending);
        pending.State = PendingState.Returned;
        NoteReturned(key, ref pending);
    }

    /// <summary>Nobody has seen the last delivery.</summary>
    protected void Uncount(RecordKey key, ref PendingRecord pending)
    {
        pending.DeliveryCount--;
        if (IsStored(pending))
            Ops.Write(OpKind.Released, key.Log, key.Offset);
    }

    protected void KeepAlive(RecordKey key, ref PendingRecord pending, long note, long nowMs)
    {
        if (note != 0 && note != pending.Note)
        {
            pending.Note = note;
            if (IsStored(pending))
                Ops.Write(OpKind.Note, key.Log, key.Offset, note);
        }
        if (pending.DueMs == 0)
            return;
        pending.DueMs = nowMs + pending.WaitMs;
        AddDeadline(key, pending.DueMs);
    }

    /// <summary>What a member has, or had before it came back, is ready for whoever is next.</summary>
    /// <param name="heir">The same member on another connection: it is its own. Null: nobody's.</param>
    protected void GiveBackAll(MemberSlot slot, MemberSlot? heir = null)
    {
        if (slot.Pending == 0 && slot.Own is null)
            return;
        foreach (var log in _logs)
        {
            foreach (var offset in log.Pending.Keys)
            {
                ref var pending = ref log.FindPending(offset, out _);
                if (pending.Slot != slot.Id || pending.State is not (PendingState.Out or PendingState.Returned))
                    continue;
                var key = new RecordKey(log.Index, offset);
                NoteGone(key, pending);
                pending.State = PendingState.Returned;
                if (heir is null)
                    NoteReturned(key, ref pending);
                else
                    NoteOwn(key, ref pending, heir);
            }
        }
        slot.Own = null;
    }

    /// <summary>It is out, or is some member's own: that has it, for all the member knows.</summary>
    protected static bool IsHeld(in PendingRecord pending) =>
        pending.State == PendingState.Out || (pending.State == PendingState.Returned && pending.Slot != MemberSlot.Nobody);

    private void NoteOwn(RecordKey key, ref PendingRecord pending, MemberSlot owner)
    {
        pending.Slot = owner.Id;
        ReturnedCount++;
        _returnedBytes += pending.Bytes;
        owner.Own ??= new PriorityQueue<RecordKey, (int Lane, int Log, long Offset)>();
        owner.Own.Enqueue(key, (byte.MaxValue - pending.Priority, key.Log, key.Offset));
    }

    /// <summary>The first of a member's own that still is.</summary>
    protected RecordKey? TakeOwn(MemberSlot owner)
    {
        while (owner.Own!.TryDequeue(out var key, out _))
        {
            ref var pending = ref _logs[key.Log].FindPending(key.Offset, out var isThere);
            if (isThere && pending.State == PendingState.Returned && pending.Slot == owner.Id)
                return key;
        }
        owner.Own = null;
        return null;
    }

    protected void ReturnUnowned()
    {
        foreach (var key in _unowned)
        {
            ref var pending = ref _logs[key.Log].FindPending(key.Offset, out var isThere);
            if (!isThere || pending.State != PendingState.Out || pending.Slot != MemberSlot.Nobody || pending.DueMs != 0)
                continue;
            NoteGone(key, pending);
            pending.State = PendingState.Returned;
            NoteReturned(key, ref pending);
        }
        _unowned.Clear();
    }

    protected void Die(RecordKey key, DeadMark why)
    {
        ref var pending = ref _logs[key.Log].FindPending(key.Offset, out var isThere);
        if (!isThere || pending.State == PendingState.Dying)
            return;
        if (Spec.DeadLetter is null)
        {
            _totals.Dead++;
            _totalsMoved = true;
            Forget(key);
            return;
        }
        NoteGone(key, pending);
        pending.State = PendingState.Dying;
        pending.Death = why;
        _dyingCount++;
        Dying.Enqueue(key);
        if (Spec.AckPolicy != AckPolicy.All)
            return;
        // Whatever is acknowledged behind it, a restart must meet it again until its copy is stored.
        _logs[key.Log].FindLane(pending.Priority)?.Unacknowledged.Remove(key.Offset);
        NeedsSnapshot |= !pending.IsSingle;
        pending.IsSingle = true;
    }

    /// <summary>The first of a lane is given up without having been handed out.</summary>
    protected void GiveUpHead(LogProgress log, Lane lane, DeadMark why)
    {
        var record = Dequeue(log, lane);
        log.Unhanded--;
        log.UnhandedBytes -= record.Bytes;
        MoveTo(lane, record.Offset + 1);
        if (Spec.DeadLetter is null)
        {
            _totals.Dead++;
            _totalsMoved = true;
            NoteFinished(new RecordKey(log.Index, record.Offset));
            return;
        }
        log.Pending[record.Offset] = new PendingRecord
        {
            Bytes = record.Bytes,
            Priority = lane.Priority,
            Slot = MemberSlot.Nobody,
            State = PendingState.Dying,
            Death = why,
            IsSingle = Spec.AckPolicy == AckPolicy.All,
        };
        _dyingCount++;
        // Until its copy is stored, a restart must meet it again.
        Ops.WriteSized(OpKind.Waits, log.Index, lane.Priority, record.Offset, record.Bytes);
        Dying.Enqueue(new RecordKey(log.Index, record.Offset));
    }

    /// <summary>Gives up the oldest that wait, as far as they are known, until the backlog fits.</summary>
    protected void TrimBacklog()
    {
        if (Spec.Backlog is not { Overflow: BacklogOverflow.DropOldest } limit)
            return;
        while ((limit.MaxRecords > 0 && Waiting > limit.MaxRecords) || (limit.MaxBytes > 0 && WaitingBytes > limit.MaxBytes))
        {
            LogProgress? log = null;
            Lane? lane = null;
            foreach (var candidate in _logs)
            {
                foreach (var own in candidate.Lanes)
                {
                    if (own.Ready.TryPeek(out var head) && (lane is null || head.Offset < lane.Ready.Peek().Offset))
                        (log, lane) = (candidate, own);
                }
            }
            if (FindReturned(out _) is { } returned && (lane is null || log!.Index != returned.Log || returned.Offset < lane.Ready.Peek().Offset))
                Die(returned, DeadMark.Backlog);
            else if (lane is not null)
                GiveUpHead(log!, lane, DeadMark.Backlog);
            else
                return;
        }
    }

    protected void EndAckWait(RecordKey key, long dueMs, long nowMs)
    {
        ref var pending = ref _logs[key.Log].FindPending(key.Offset, out var isThere);
        if (!isThere || pending.State != PendingState.Out || pending.DueMs != dueMs)
            return;
        GiveBack(key, ref pending, nowMs, Math.Max(0, BackOffMs(pending.DeliveryCount) - pending.WaitMs));
    }

    protected void EndDelay(RecordKey key, long dueMs)
    {
        ref var pending = ref _logs[key.Log].FindPending(key.Offset, out var isThere);
        if (!isThere || pending.State != PendingState.Delayed || pending.DueMs != dueMs)
            return;
        NoteGone(key, pending);
        pending.State = PendingState.Returned;
        NoteReturned(key, ref pending);
    }

    protected long BackOffMs(int deliveryCount)
    {
        var pauses = Spec.BackOff;
        return pauses.Count == 0 ? 0 : (long)pauses[Math.Clamp(deliveryCount - 1, 0, pauses.Count - 1)].TotalMilliseconds;
    }

    protected void AddDeadline(RecordKey key, long dueMs)
    {
        _deadlines.Add(key, dueMs);
        if (!_deadlines.IsOverfull(_outstanding))
            return;
        _deadlines.Clear();
        foreach (var log in _logs)
        {
            foreach (var (offset, pending) in log.Pending)
            {
                if (pending.State == PendingState.Out && pending.DueMs > 0)
                    _deadlines.Add(new RecordKey(log.Index, offset), pending.DueMs);
            }
        }
        // The newest may not be in the table yet.
        _deadlines.Add(key, dueMs);
    }
}

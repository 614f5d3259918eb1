using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>
/// The records that one consumer has to do with, and how each moves between its states: waiting, out, given back, delayed, dying, done. Keeps the counts and the ops in step with them; what is to
/// happen is decided by <see cref="ConsumerMachine"/>.
/// </summary>
internal abstract class ConsumerRecords
{
    protected readonly List<LogProgress> _logs = [];
    protected ConsumerTotals _totals;
    protected bool _totalsMoved;
    protected bool _isLoading;

    protected ConsumerRecords(ConsumerSpec spec)
    {
        Spec = spec;
        Pending = new PendingTable(_logs, Members);
    }

    public ConsumerSpec Spec { get; set; }

    public MemberTable Members { get; } = new();

    /// <summary>Those that are between their first delivery and their end.</summary>
    public PendingTable Pending { get; }

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
    public int Outstanding => Pending.OutCount;

    public long Waiting
    {
        get
        {
            var records = (long)Pending.WaitingCount;
            foreach (var log in _logs)
                records += log.Unhanded;
            return records;
        }
    }

    public long WaitingBytes
    {
        get
        {
            var bytes = Pending.WaitingBytes;
            foreach (var log in _logs)
                bytes += log.UnhandedBytes;
            return bytes;
        }
    }

    /// <summary>Something changed that no op tells of: what is stored next must be a snapshot.</summary>
    public bool NeedsSnapshot { get; set; }

    public bool HasUnstored => NeedsSnapshot || !Ops.IsEmpty || _totalsMoved || _logs.Exists(static log => !log.IsGone && log.HasMovedLane);

    /// <summary>Records are worth knowing although nobody asks for them: they expire, or too many of them are dropped.</summary>
    public bool KeepsReady => !Spec.RecordTtl.Equals(TimeSpan.Zero) || Spec.DeadLetter is not null || Spec.Backlog is { Overflow: BacklogOverflow.DropOldest };

    /// <summary>Whoever acknowledges a record acknowledges those before it: a position says what is done.</summary>
    protected bool AcksAll => Spec.AckPolicy == AckPolicy.All;

    /// <summary>What becomes of a record is written down. A position says it where everything up to one is acknowledged.</summary>
    protected bool IsStored(in PendingRecord pending) => !AcksAll || pending.IsSingle;

    protected byte LaneFor(byte priority) => Spec.PriorityOrder ? priority : (byte)0;

    /// <summary>A record is about to be handed out once more. False: it has been often enough, and was given up.</summary>
    public bool TryCountDelivery(RecordKey key, ref PendingRecord pending)
    {
        if (Spec.MaxDeliver > 0 && pending.DeliveryCount >= Spec.MaxDeliver)
        {
            Die(key, DeadMark.Deliveries);
            return false;
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
        return true;
    }

    /// <summary>A record is about to be handed out that never was.</summary>
    /// <returns>Its number among all that were.</returns>
    public long CountFirstDelivery()
    {
        _totals.Delivered++;
        _totalsMoved = true;
        return ++LastSequence;
    }

    /// <summary>Nobody is asked for an answer: a record is done that nothing is known of.</summary>
    public void AcknowledgeAtOnce(RecordKey key)
    {
        _totals.Acknowledged++;
        _totalsMoved = true;
        NoteFinished(key);
    }

    public void Acknowledge(RecordKey key)
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
        Pending.NoteGone(key, pending);
        if (IsStored(pending))
            Ops.Write(OpKind.Done, key.Log, key.Offset);
        if (AcksAll)
            log.FindLane(pending.Priority)?.Unacknowledged.Remove(key.Offset);
        NoteFinished(key);
    }

    protected void NoteFinished(RecordKey key)
    {
        if (TracksFinished)
            Finished.Add(key);
    }

    protected void GiveBack(RecordKey key, ref PendingRecord pending, long nowMs, long delayMs)
    {
        if (Spec.MaxDeliver > 0 && pending.DeliveryCount >= Spec.MaxDeliver)
        {
            Die(key, DeadMark.Deliveries);
            return;
        }
        if (delayMs <= 0)
        {
            Pending.Return(key, ref pending);
            return;
        }
        Pending.Delay(key, ref pending, nowMs + delayMs);
        if (IsStored(pending))
            Ops.Write(OpKind.Delayed, key.Log, key.Offset, pending.DueMs);
    }

    protected void Release(RecordKey key, ref PendingRecord pending)
    {
        Uncount(key, ref pending);
        Pending.Return(key, ref pending);
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
        Pending.Extend(key, ref pending, nowMs);
    }

    protected void Die(RecordKey key, DeadMark why)
    {
        ref var pending = ref Pending.Find(key, out var isThere);
        if (!isThere || pending.State == PendingState.Dying)
            return;
        if (Spec.DeadLetter is null)
        {
            _totals.Dead++;
            _totalsMoved = true;
            Forget(key);
            return;
        }
        Pending.Condemn(key, ref pending, why);
        Dying.Enqueue(key);
        if (!AcksAll)
            return;
        // Whatever is acknowledged behind it, a restart must meet it again until its copy is stored.
        _logs[key.Log].FindLane(pending.Priority)?.Unacknowledged.Remove(key.Offset);
        NeedsSnapshot |= !pending.IsSingle;
        pending.IsSingle = true;
    }

    /// <summary>A dying record's copy is stored, or nobody wants one.</summary>
    public void Buried(RecordKey key)
    {
        ref var pending = ref Pending.Find(key, out var isThere);
        if (!isThere || pending.State != PendingState.Dying)
            return;
        _totals.Dead++;
        _totalsMoved = true;
        Forget(key);
    }

    /// <summary>A dying record's copy cannot be stored now: it dies again later.</summary>
    public void NotBuried(RecordKey key) => Dying.Enqueue(key);

    /// <summary>The first of a lane is given up without having been handed out.</summary>
    protected void GiveUpHead(LogProgress log, Lane lane, DeadMark why)
    {
        var record = log.Dequeue(lane);
        lane.MoveTo(record.Offset + 1);
        var key = new RecordKey(log.Index, record.Offset);
        if (Spec.DeadLetter is null)
        {
            _totals.Dead++;
            _totalsMoved = true;
            NoteFinished(key);
            return;
        }
        var pending = new PendingRecord
        {
            Bytes = record.Bytes,
            Priority = lane.Priority,
            Slot = MemberSlot.Nobody,
            State = PendingState.Dying,
            Death = why,
            IsSingle = AcksAll,
        };
        Pending.AddDying(key, pending);
        // Until its copy is stored, a restart must meet it again.
        Ops.WriteSized(OpKind.Waits, log.Index, lane.Priority, record.Offset, record.Bytes);
        Dying.Enqueue(key);
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
            if (Pending.FindReturned(out _) is { } returned && (lane is null || log!.Index != returned.Log || returned.Offset < lane.Ready.Peek().Offset))
                Die(returned, DeadMark.Backlog);
            else if (lane is not null)
                GiveUpHead(log!, lane, DeadMark.Backlog);
            else
                return;
        }
    }

    /// <summary>Gives back what was not answered in time.</summary>
    protected void EndAckWaits(long nowMs)
    {
        while (Pending.TryTakeOverdue(nowMs, out var key))
        {
            ref var pending = ref Pending.Find(key, out _);
            GiveBack(key, ref pending, nowMs, Math.Max(0, BackOffMs(pending.DeliveryCount) - pending.WaitMs));
        }
    }

    protected long BackOffMs(int deliveryCount)
    {
        var pauses = Spec.BackOff;
        return pauses.Count == 0 ? 0 : (long)pauses[Math.Clamp(deliveryCount - 1, 0, pauses.Count - 1)].TotalMilliseconds;
    }

    /// <summary>Writes where lanes are that moved without an op of their own, and the totals. Before ops are stored.</summary>
    public void WriteMoves()
    {
        foreach (var log in _logs)
        {
            foreach (var lane in log.Lanes)
            {
                if (lane.IsMoved && !AcksAll)
                    Ops.Write(OpKind.Moved, log.Index, lane.Priority, lane.Position);
                lane.IsMoved = false;
                // What was given up behind the last acknowledgement does not come again. One that is kept by itself may be out before those it was appended behind.
                if (AcksAll)
                    AcknowledgeLane(log, lane, Math.Min(lane.FirstUnacknowledged ?? lane.Position, lane.Position));
            }
            if (Spec.PriorityOrder && !log.IsGone && log.TryRaiseBase())
                Ops.Write(OpKind.Advanced, log.Index, log.Base);
        }
        if (_totalsMoved)
            Ops.WriteTotals(_totals, LastSequence);
        _totalsMoved = false;
    }
}

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>
/// The records of one consumer between their first delivery and their end, over all its logs: how many are in each state, what comes again next, what is due when. The records themselves stand
/// in <see cref="LogProgress.Pending"/>; references to them are valid until a log's table changes.
/// </summary>
internal sealed class PendingTable(List<LogProgress> logs, MemberTable members)
{
    private readonly PriorityQueue<RecordKey, (int Lane, int Log, long Offset)> _returned = new();
    private readonly Deadlines _delays = new();
    private readonly Deadlines _ackWaits = new();
    private readonly List<RecordKey> _unowned = [];
    private int _delayedCount;
    private int _dyingCount;

    public int Count => Outstanding + ReturnedCount + _dyingCount;

    /// <summary>Out, or delayed: what has taken its place among those that may be out at once.</summary>
    public int Outstanding { get; private set; }

    /// <summary>With a member or a fetch.</summary>
    public int OutCount => Outstanding - _delayedCount;

    public int ReturnedCount { get; private set; }

    /// <summary>Given back, whether it may be delivered again now or later.</summary>
    public int WaitingCount => ReturnedCount + _delayedCount;

    public long WaitingBytes { get; private set; }

    /// <summary>Unix ms at which something is overdue or has been delayed long enough.</summary>
    public long NextDueMs => Math.Min(_ackWaits.NextMs, _delays.NextMs);

    /// <summary>A reference into the table, valid until it changes.</summary>
    public ref PendingRecord Find(RecordKey key, out bool isThere) => ref logs[key.Log].FindPending(key.Offset, out isThere);

    /// <summary>It is out, or is some member's own: that has it, for all the member knows.</summary>
    public static bool IsHeld(in PendingRecord pending) =>
        pending.State == PendingState.Out || (pending.State == PendingState.Returned && pending.Slot != MemberSlot.Nobody);

    /// <summary>A record that is in none of the counts is with somebody from now on.</summary>
    /// <param name="owner">Null: somebody who is not known.</param>
    /// <param name="waitMs">How long it may stay there unanswered; 0: for good, or until the next fetch where nobody owns it.</param>
    public void HandTo(MemberSlot? owner, RecordKey key, ref PendingRecord pending, long waitMs, long nowMs)
    {
        pending.State = PendingState.Out;
        pending.Slot = owner?.Id ?? MemberSlot.Nobody;
        pending.WaitMs = (int)Math.Min(waitMs, int.MaxValue);
        pending.DueMs = waitMs > 0 ? nowMs + waitMs : 0;
        Outstanding++;
        if (owner is not null)
            owner.Pending++;
        else if (waitMs == 0)
            _unowned.Add(key);
        if (pending.DueMs > 0)
            AddAckWait(key, pending.DueMs);
    }

    /// <summary>Whoever has it is at work on it: the wait begins anew.</summary>
    public void Extend(RecordKey key, ref PendingRecord pending, long nowMs)
    {
        if (pending.DueMs == 0)
            return;
        pending.DueMs = nowMs + pending.WaitMs;
        AddAckWait(key, pending.DueMs);
    }

    /// <summary>It may be delivered again now.</summary>
    public void Return(RecordKey key, ref PendingRecord pending)
    {
        NoteGone(key, pending);
        pending.State = PendingState.Returned;
        NoteReturned(key, ref pending);
    }

    /// <summary>It may be delivered again then.</summary>
    public void Delay(RecordKey key, ref PendingRecord pending, long dueMs)
    {
        NoteGone(key, pending);
        pending.State = PendingState.Delayed;
        pending.DueMs = dueMs;
        NoteDelayed(key, pending);
    }

    /// <summary>It waits for its copy among the dead letters.</summary>
    public void Condemn(RecordKey key, ref PendingRecord pending, DeadMark why)
    {
        NoteGone(key, pending);
        pending.State = PendingState.Dying;
        pending.Death = why;
        _dyingCount++;
    }

    /// <summary>As <see cref="Condemn"/>, for a record that is new here.</summary>
    public void AddDying(RecordKey key, in PendingRecord pending)
    {
        logs[key.Log].Pending[key.Offset] = pending;
        _dyingCount++;
    }

    /// <summary>Counts of a record that leaves the table, or its state.</summary>
    public void NoteGone(RecordKey key, in PendingRecord pending)
    {
        switch (pending.State)
        {
            case PendingState.Out:
                Outstanding--;
                if (members.Find(pending.Slot) is { } owner)
                    owner.Pending--;
                break;
            case PendingState.Delayed:
                Outstanding--;
                _delayedCount--;
                WaitingBytes -= pending.Bytes;
                break;
            case PendingState.Returned:
                ReturnedCount--;
                WaitingBytes -= pending.Bytes;
                break;
            case PendingState.Dying:
                _dyingCount--;
                break;
            default:
                throw new InvalidOperationException($"record {key} is in no known state");
        }
    }

    /// <summary>Counts of a record that is nobody's and may be delivered again now.</summary>
    public void NoteReturned(RecordKey key, ref PendingRecord pending)
    {
        pending.Slot = MemberSlot.Nobody;
        ReturnedCount++;
        WaitingBytes += pending.Bytes;
        _returned.Enqueue(key, OrderOf(key, pending));
    }

    public void NoteDelayed(RecordKey key, in PendingRecord pending)
    {
        Outstanding++;
        _delayedCount++;
        WaitingBytes += pending.Bytes;
        _delays.Add(key, pending.DueMs);
    }

    /// <summary>The first that was given back and is nobody's.</summary>
    public RecordKey? FindReturned(out byte priority)
    {
        priority = 0;
        while (_returned.TryPeek(out var key, out _))
        {
            ref var pending = ref Find(key, out var isThere);
            if (isThere && pending.State == PendingState.Returned && pending.Slot == MemberSlot.Nobody)
            {
                priority = pending.Priority;
                return key;
            }
            _returned.Dequeue();
        }
        return null;
    }

    /// <summary>The one that <see cref="FindReturned"/> found is about to be handed out.</summary>
    public void PassReturned() => _returned.Dequeue();

    /// <summary>The first of a member's own that still is.</summary>
    public RecordKey? TakeOwn(MemberSlot owner)
    {
        while (owner.Own!.TryDequeue(out var key, out _))
        {
            ref var pending = ref Find(key, out var isThere);
            if (isThere && pending.State == PendingState.Returned && pending.Slot == owner.Id)
                return key;
        }
        owner.Own = null;
        return null;
    }

    /// <summary>What a member has, or had before it came back, is ready for whoever is next.</summary>
    /// <param name="heir">The same member on another connection: it is its own. Null: nobody's.</param>
    public void ReturnAll(MemberSlot slot, MemberSlot? heir = null)
    {
        if (slot.Pending == 0 && slot.Own is null)
            return;
        foreach (var log in logs)
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

    /// <summary>What was fetched without a member and for no time is ready again.</summary>
    public void ReturnUnowned()
    {
        foreach (var key in _unowned)
        {
            ref var pending = ref Find(key, out var isThere);
            if (isThere && pending.State == PendingState.Out && pending.Slot == MemberSlot.Nobody && pending.DueMs == 0)
                Return(key, ref pending);
        }
        _unowned.Clear();
    }

    /// <summary>What was delayed until now is ready again.</summary>
    public void ReturnDelayed(long nowMs)
    {
        while (_delays.TryTake(nowMs, out var key, out var dueMs))
        {
            ref var pending = ref Find(key, out var isThere);
            if (isThere && pending.State == PendingState.Delayed && pending.DueMs == dueMs)
                Return(key, ref pending);
        }
    }

    /// <summary>One that is out and was to be answered by now. Each is given once.</summary>
    public bool TryTakeOverdue(long nowMs, out RecordKey key)
    {
        while (_ackWaits.TryTake(nowMs, out key, out var dueMs))
        {
            ref var pending = ref Find(key, out var isThere);
            if (isThere && pending.State == PendingState.Out && pending.DueMs == dueMs)
                return true;
        }
        return false;
    }

    private static (int Lane, int Log, long Offset) OrderOf(RecordKey key, in PendingRecord pending) => (byte.MaxValue - pending.Priority, key.Log, key.Offset);

    private void NoteOwn(RecordKey key, ref PendingRecord pending, MemberSlot owner)
    {
        pending.Slot = owner.Id;
        ReturnedCount++;
        WaitingBytes += pending.Bytes;
        owner.Own ??= new PriorityQueue<RecordKey, (int Lane, int Log, long Offset)>();
        owner.Own.Enqueue(key, OrderOf(key, pending));
    }

    private void AddAckWait(RecordKey key, long dueMs)
    {
        _ackWaits.Add(key, dueMs);
        if (!_ackWaits.IsOverfull(Outstanding))
            return;
        _ackWaits.Clear();
        foreach (var log in logs)
        {
            foreach (var (offset, pending) in log.Pending)
            {
                if (pending.State == PendingState.Out && pending.DueMs > 0)
                    _ackWaits.Add(new RecordKey(log.Index, offset), pending.DueMs);
            }
        }
        // The newest may not be in the table yet.
        _ackWaits.Add(key, dueMs);
    }
}

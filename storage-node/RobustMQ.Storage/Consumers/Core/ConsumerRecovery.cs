using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>What snapshots and ops say about a consumer's records, told again when the node starts. Nothing is handed out before <see cref="Loaded"/>.</summary>
internal abstract class ConsumerRecovery(ConsumerSpec spec) : ConsumerRecords(spec)
{
    public void LoadTotals(ConsumerTotals totals, long lastSequence) => (_totals, LastSequence, _isLoading) = (totals, lastSequence, true);

    public void ReplayTotals(ConsumerTotals totals, long lastSequence) => (_totals, LastSequence) = (totals, Math.Max(LastSequence, lastSequence));

    public static void LoadAckedTo(LogProgress log, byte priority, long position)
    {
        var lane = log.LaneOf(priority);
        lane.AckedTo = Math.Max(lane.AckedTo, position);
        lane.Position = Math.Max(lane.Position, position);
    }

    public static void LoadAdvanced(LogProgress log, long position)
    {
        log.Base = Math.Max(log.Base, position);
        foreach (var lane in log.Lanes)
            LoadAckedTo(log, lane.Priority, position);
    }

    public void LoadHanded(LogProgress log, byte priority, long offset, int bytes)
    {
        var lane = log.LaneOf(priority);
        lane.Position = Math.Max(lane.Position, offset + 1);
        log.Pending[offset] = new PendingRecord
        {
            Sequence = ++LastSequence,
            DeliveryCount = 1,
            Bytes = bytes,
            Priority = priority,
            Slot = MemberSlot.Nobody,
            State = PendingState.Returned,
        };
    }

    public void LoadAgain(LogProgress log, long offset)
    {
        ref var pending = ref log.FindPending(offset, out var isThere);
        if (!isThere)
            return;
        pending.DeliveryCount++;
        pending.DueMs = 0;
        if (pending.Sequence == 0)
            pending.Sequence = ++LastSequence;
    }

    public static void LoadDelayed(LogProgress log, long offset, long dueMs)
    {
        ref var pending = ref log.FindPending(offset, out var isThere);
        if (isThere)
            pending.DueMs = dueMs;
    }

    public static void LoadNote(LogProgress log, long offset, long note)
    {
        ref var pending = ref log.FindPending(offset, out var isThere);
        if (isThere)
            pending.Note = note;
    }

    public static void LoadReleased(LogProgress log, long offset)
    {
        ref var pending = ref log.FindPending(offset, out var isThere);
        if (isThere && pending.DeliveryCount > 0)
            pending.DeliveryCount--;
    }

    /// <summary>After everything was loaded: whatever was pending may be delivered again, where nobody asked for a delay.</summary>
    public void Loaded()
    {
        _isLoading = false;
        foreach (var log in _logs)
        {
            log.KnownTo = log.Position;
            foreach (var offset in log.Pending.Keys)
            {
                ref var pending = ref log.FindPending(offset, out _);
                pending.State = pending.DueMs > 0 ? PendingState.Delayed : PendingState.Returned;
                if (pending.DueMs > 0)
                    Pending.NoteDelayed(new RecordKey(log.Index, offset), pending);
                else
                    Pending.NoteReturned(new RecordKey(log.Index, offset), ref pending);
            }
        }
        Ops.Clear();
        NeedsSnapshot = false;
    }
}

using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>Decides which record comes next and who gets it.</summary>
internal sealed class HandingOut(ConsumerRecords records, List<LogProgress> logs, int pendingMax)
{
    private int _logTurn;

    private ConsumerSpec Spec => records.Spec;

    private int OutMax => Spec.MaxPending > 0 ? Math.Min(Spec.MaxPending, pendingMax) : pendingMax;

    /// <summary>As long as there is credit and room. The records are pending afterwards.</summary>
    public void Run(long nowMs, List<Handout> into, int recordsMax, int bytesMax)
    {
        var bytes = 0L;
        while (into.Count < recordsMax && bytes < bytesMax && records.Members.AnyHasCredit())
        {
            if (records.Pending.Outstanding < OutMax && records.Members.TryFindWithOwn(out var owner, out var receiver))
            {
                if (records.Pending.TakeOwn(owner) is { } own && HandOutAgain(own, receiver, nowMs) is { } its)
                {
                    into.Add(its);
                    bytes += its.Bytes;
                }
                continue;
            }
            if (!TryChoose(out var returned, out var log, out var lane))
                return;
            if (returned is { } key)
            {
                records.Pending.PassReturned();
                if (HandOutAgain(key, records.Members.Choose()!, nowMs) is not { } again)
                    continue;
                into.Add(again);
                bytes += again.Bytes;
            }
            else
            {
                var handout = HandOutNew(log!, lane!, nowMs);
                into.Add(handout);
                bytes += handout.Bytes;
            }
        }
    }

    /// <summary>What comes next: a returned record, or the head of a lane. Logs take turns among equals.</summary>
    private bool TryChoose(out RecordKey? returned, out LogProgress? log, out Lane? lane)
    {
        returned = records.Pending.FindReturned(out var returnedPriority);
        log = null;
        lane = null;
        if (records.Pending.Outstanding >= OutMax)
            return false;
        for (var i = 0; i < logs.Count; i++)
        {
            var candidate = logs[(_logTurn + i) % logs.Count];
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
        if (lane is null || records.Pending.Count >= pendingMax)
            return false;
        if (logs.Count > 1)
            _logTurn = (log!.Index + 1) % logs.Count;
        return true;
    }

    /// <param name="slot">Whose it is.</param>
    private Handout? HandOutAgain(RecordKey key, MemberSlot slot, long nowMs)
    {
        ref var pending = ref records.Pending.Find(key, out _);
        if (!records.TryCountDelivery(key, ref pending))
            return null;
        if (Spec.AckPolicy == AckPolicy.None)
            return HandOutForGood(key, pending, slot);
        records.Pending.NoteGone(key, pending);
        if (Spec.AckPolicy == AckPolicy.All)
            logs[key.Log].LaneOf(pending.Priority).Unacknowledged.Add(key.Offset);
        return Give(key, ref pending, slot, nowMs);
    }

    /// <summary>Nobody will acknowledge it.</summary>
    private Handout HandOutForGood(RecordKey key, in PendingRecord pending, MemberSlot slot)
    {
        var handout = new Handout(key.Log, key.Offset, slot.Id, pending.DeliveryCount, pending.Sequence, 0, pending.Bytes, pending.IsSingle);
        slot.TakeCredit(pending.Bytes);
        records.Acknowledge(key);
        return handout;
    }

    private Handout HandOutNew(LogProgress log, Lane lane, long nowMs)
    {
        var record = log.Dequeue(lane);
        lane.Position = record.Offset + 1;
        var sequence = records.CountFirstDelivery();
        var slot = records.Members.Choose()!;
        var key = new RecordKey(log.Index, record.Offset);
        if (Spec.AckPolicy == AckPolicy.None)
        {
            lane.IsMoved = true;
            slot.TakeCredit(record.Bytes);
            records.AcknowledgeAtOnce(key);
            return new Handout(log.Index, record.Offset, slot.Id, 1, sequence, 0, record.Bytes);
        }
        if (Spec.AckPolicy == AckPolicy.Explicit)
            records.Ops.WriteSized(OpKind.Handed, log.Index, lane.Priority, record.Offset, record.Bytes);
        else
            lane.Unacknowledged.Add(record.Offset);
        var pending = new PendingRecord { Sequence = sequence, DeliveryCount = 1, Bytes = record.Bytes, Priority = lane.Priority };
        var handout = Give(key, ref pending, slot, nowMs);
        log.Pending[record.Offset] = pending;
        return handout;
    }

    private Handout Give(RecordKey key, ref PendingRecord pending, MemberSlot slot, long nowMs)
    {
        var owner = slot.IsFetch ? records.Members.Find(slot.Owner) : slot;
        records.Pending.HandTo(owner, key, ref pending, slot.AckWaitMs >= 0 ? slot.AckWaitMs : (long)Spec.AckWait.TotalMilliseconds, nowMs);
        slot.TakeCredit(pending.Bytes);
        return new Handout(key.Log, key.Offset, slot.Id, pending.DeliveryCount, pending.Sequence, pending.Note, pending.Bytes, pending.IsSingle);
    }
}

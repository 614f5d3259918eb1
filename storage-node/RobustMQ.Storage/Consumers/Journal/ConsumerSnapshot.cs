using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;

namespace RobustMQ.Storage.Consumers.Journal;

/// <summary>
/// A consumer's whole durable state, and the ops that change it (docs/formats/consumers.md): <c>version | revision | created | spec | totals | sequence | logs...</c>, each log
/// <c>topic id | topic name | partition | base | bindings... | lanes... | pending...</c>.
/// </summary>
internal static class ConsumerSnapshot
{
    private const byte Version = 2;

    public static void Write(PooledBytes into, ConsumerMachine machine, long revision, long createdMs)
    {
        var to = new StateWriter(into);
        to.Byte(Version).Number(revision).Number(createdMs);
        SpecCodec.Write(to, machine.Spec);
        var totals = machine.Totals;
        to.Number(totals.Delivered).Number(totals.Redelivered).Number(totals.Acknowledged).Number(totals.Dead).Number(machine.LastSequence);
        to.Number(machine.Logs.Count);
        foreach (var log in machine.Logs)
            Write(to, log, machine.Spec.AckPolicy);
    }

    public static (ConsumerMachine Machine, long Revision, long CreatedMs) Read(ReadOnlySpan<byte> bytes, int pendingMax)
    {
        var from = new StateReader(bytes);
        if (from.Byte() is var version && version > Version)
            throw new StorageException(ErrorCode.Unsupported, $"consumer state has version {version}; this build reads up to {Version}");
        var revision = from.Number();
        var createdMs = from.Number();
        var spec = SpecCodec.Read(ref from, version);
        var machine = new ConsumerMachine(spec, pendingMax);
        var totals = new ConsumerTotals(from.Number(), from.Number(), from.Number(), from.Number());
        machine.LoadTotals(totals, from.Number());
        for (var left = from.Count(); left > 0; left--)
            ReadLog(ref from, machine, spec.Consumer.Namespace);
        return (machine, revision, createdMs);
    }

    /// <summary>Repeats ops on the state that was read so far.</summary>
    public static void Replay(ReadOnlySpan<byte> bytes, ConsumerMachine machine)
    {
        var from = new StateReader(bytes);
        var last = 0L;
        while (!from.IsAtEnd)
        {
            var kind = (OpKind)from.Byte();
            if (kind == OpKind.Totals)
            {
                machine.ReplayTotals(new ConsumerTotals(from.Number(), from.Number(), from.Number(), from.Number()), from.Number());
                continue;
            }
            var index = from.Number();
            if (index < 0 || index >= machine.Logs.Count)
                throw StateReader.Damaged();
            var log = machine.Logs[(int)index];
            var priority = kind is OpKind.Handed or OpKind.Moved or OpKind.AckedTo or OpKind.Waits ? (byte)from.Number() : (byte)0;
            last += from.Number();
            Replay(ref from, machine, log, kind, priority, last);
        }
    }

    private static void Replay(ref StateReader from, ConsumerMachine machine, LogProgress log, OpKind kind, byte priority, long offset)
    {
        switch (kind)
        {
            case OpKind.Handed:
                machine.LoadHanded(log, priority, offset, (int)from.Number());
                break;
            case OpKind.Again:
                machine.LoadAgain(log, offset);
                break;
            case OpKind.Done:
                log.Pending.Remove(offset);
                break;
            case OpKind.Note:
                ConsumerRecovery.LoadNote(log, offset, from.Number());
                break;
            case OpKind.Delayed:
                ConsumerRecovery.LoadDelayed(log, offset, from.Number());
                break;
            case OpKind.Released:
                ConsumerRecovery.LoadReleased(log, offset);
                break;
            case OpKind.Moved:
                var lane = log.LaneOf(priority);
                lane.Position = Math.Max(lane.Position, offset);
                break;
            case OpKind.AckedTo:
                ConsumerRecovery.LoadAckedTo(log, priority, offset);
                break;
            case OpKind.Advanced:
                ConsumerRecovery.LoadAdvanced(log, offset);
                break;
            case OpKind.Waits:
                log.Pending.TryAdd(
                    offset, new PendingRecord { Bytes = (int)from.Number(), Priority = priority, Slot = MemberSlot.Nobody, IsSingle = true });
                break;
            default:
                throw StateReader.Damaged();
        }
    }

    private static void Write(StateWriter to, LogProgress log, AckPolicy policy)
    {
        to.Guid(log.Topic).Text(log.Name.Topic.Value).Number(log.Name.Partition).Bool(log.IsGone).Number(log.Base).Number(log.Bindings.Ranges.Count);
        foreach (var range in log.Bindings.Ranges)
        {
            SpecCodec.WriteBinding(to, range.Binding);
            to.Number(range.From).Number(range.Until == long.MaxValue ? -1 : range.Until).Number(range.HandledTo);
        }
        to.Number(log.Lanes.Length);
        foreach (var lane in log.Lanes)
            to.Byte(lane.Priority).Number(policy == AckPolicy.All ? lane.AckedTo : lane.Position);
        // What a position cannot tell.
        to.Number(policy == AckPolicy.All ? log.Pending.Values.Count(static pending => pending.IsSingle) : log.Pending.Count);
        var last = 0L;
        var lastSequence = 0L;
        foreach (var (offset, pending) in log.Pending)
        {
            if (policy == AckPolicy.All && !pending.IsSingle)
                continue;
            to.Number(offset - last).Number(pending.Sequence - lastSequence).Number(pending.DeliveryCount).Number(pending.Note).Number(pending.Bytes)
                .Byte(pending.Priority).Bool(pending.IsSingle).Number(pending.State == PendingState.Delayed ? pending.DueMs : 0);
            (last, lastSequence) = (offset, pending.Sequence);
        }
    }

    private static void ReadLog(ref StateReader from, ConsumerMachine machine, Namespace ns)
    {
        var topic = from.Guid();
        var name = TopicName.Parse(from.Text());
        var log = machine.AddLog(topic, new TopicPartition(ns, name, (int)from.Number()));
        log.IsGone = from.Bool();
        log.Base = from.Number();
        for (var left = from.Count(); left > 0; left--)
        {
            var range = new BindingRange(SpecCodec.ReadBinding(ref from)) { From = from.Number() };
            var until = from.Number();
            range.Until = until < 0 ? long.MaxValue : until;
            range.HandledTo = from.Number();
            log.Bindings.Add(range);
        }
        for (var left = from.Count(); left > 0; left--)
        {
            var lane = log.LaneOf(from.Byte());
            lane.Position = from.Number();
            lane.AckedTo = lane.Position;
        }
        var last = 0L;
        var lastSequence = 0L;
        var count = from.Count();
        log.Pending.EnsureCapacity(count);
        for (; count > 0; count--)
        {
            last += from.Number();
            lastSequence += from.Number();
            log.Pending[last] = new PendingRecord
            {
                Sequence = lastSequence,
                DeliveryCount = (int)from.Number(),
                Note = from.Number(),
                Bytes = (int)from.Number(),
                Priority = from.Byte(),
                IsSingle = from.Bool(),
                DueMs = from.Number(),
                Slot = MemberSlot.Nobody,
            };
        }
    }
}

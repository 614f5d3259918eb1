using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Consumers.Core;

namespace RobustMQ.Storage.Tests.Consumers;

/// <summary>What a consumer of one log should do, written as plainly as it can be said: a list of records, looked through from end to end for every question.</summary>
internal sealed class ConsumerModel(ConsumerSpec spec)
{
    private readonly List<ModelRecord> _records = [];

    /// <summary>Ack policy all: by priority, everything before it is done.</summary>
    private readonly Dictionary<byte, long> _ackedTo = [];

    public IReadOnlyList<ModelRecord> Records => _records;

    public IEnumerable<ModelRecord> Out => _records.Where(static record => record.State == ModelState.Out);

    public int Outstanding => Out.Count();

    public int Waiting => _records.Count(static record => record.State is ModelState.New or ModelState.Returned or ModelState.Delayed);

    private bool IsFull => spec.MaxPending > 0 && _records.Count(static record => record.State is ModelState.Out or ModelState.Delayed) >= spec.MaxPending;

    public void Append(byte priority) => _records.Add(new ModelRecord { Offset = _records.Count, Priority = spec.PriorityOrder ? priority : (byte)0 });

    /// <summary>What is next; records that had their last chance are given up on the way.</summary>
    /// <param name="members">Who may get something, in their order: what came back with them is theirs, and comes first.</param>
    public ModelRecord? Next(IEnumerable<int> members) =>
        members.Select(member => Next(record => record.State == ModelState.Returned && record.Owner == member)).FirstOrDefault(static record => record is not null)
        ?? Next(static record => record.State == ModelState.New || (record.State == ModelState.Returned && record.Owner == 0));

    private ModelRecord? Next(Func<ModelRecord, bool> isCandidate)
    {
        while (!IsFull)
        {
            var waiting = _records.Where(isCandidate);
            var next = waiting.OrderByDescending(static record => record.Priority).ThenBy(static record => record.State == ModelState.New).ThenBy(static record => record.Offset).FirstOrDefault();
            if (next is null || spec.MaxDeliver == 0 || next.Count < spec.MaxDeliver || next.State == ModelState.New)
                return next;
            next.State = ModelState.Done;
        }
        return null;
    }

    public void HandOut(ModelRecord record, int slot, long nowMs)
    {
        record.Count++;
        record.Slot = slot;
        record.Owner = 0;
        record.State = spec.AckPolicy == AckPolicy.None ? ModelState.Done : ModelState.Out;
        record.DueMs = spec.AckWait > TimeSpan.Zero ? nowMs + (long)spec.AckWait.TotalMilliseconds : 0;
    }

    public void Answer(ModelRecord record, AckKind kind, long delayMs, long nowMs)
    {
        if (kind == AckKind.Acknowledge && spec.AckPolicy == AckPolicy.All)
            AcknowledgeTo(record);
        else if (kind is AckKind.Acknowledge or AckKind.Terminate)
            record.State = ModelState.Done;
        else if (kind == AckKind.Return)
            GiveBack(record, delayMs, nowMs);
        else if (kind == AckKind.Progress && record.DueMs > 0)
            record.DueMs = nowMs + (long)spec.AckWait.TotalMilliseconds;
        if (kind != AckKind.Release)
            return;
        record.Count--;
        record.State = ModelState.Returned;
    }

    public void Leave(int slot)
    {
        foreach (var record in Held(slot))
            (record.State, record.Owner) = (ModelState.Returned, 0);
    }

    /// <summary>The same member on another connection keeps what it had.</summary>
    public void Return(int earlier, int slot)
    {
        foreach (var record in Held(earlier))
            (record.State, record.Owner) = (ModelState.Returned, slot);
    }

    public void Tick(long nowMs)
    {
        foreach (var record in Out.Where(record => record.DueMs > 0 && record.DueMs <= nowMs).ToList())
            GiveBack(record, 0, nowMs);
        foreach (var record in _records.Where(record => record.State == ModelState.Delayed && record.DueMs <= nowMs))
            record.State = ModelState.Returned;
    }

    /// <summary>It is being stored: what was given up behind the last acknowledgement does not come again.</summary>
    public void Settle()
    {
        foreach (var group in _records.Where(static record => record.State != ModelState.New).GroupBy(static record => record.Priority))
        {
            var open = group.Where(static record => record.State != ModelState.Done).Select(static record => record.Offset).DefaultIfEmpty(group.Max(static record => record.Offset) + 1).Min();
            _ackedTo[group.Key] = Math.Max(open, _ackedTo.GetValueOrDefault(group.Key));
        }
    }

    /// <summary>As it is after a restart: nobody holds anything, and where only positions are kept, what lies behind them begins again.</summary>
    public ConsumerModel Restarted()
    {
        var restarted = new ConsumerModel(spec);
        foreach (var record in _records)
            restarted._records.Add(Restarted(record));
        foreach (var (priority, to) in _ackedTo)
            restarted._ackedTo[priority] = to;
        return restarted;
    }

    /// <summary>Records that were appended since are there all the same.</summary>
    public void AppendAll(IReadOnlyList<ModelRecord> records)
    {
        foreach (var record in records.Skip(_records.Count))
            _records.Add(new ModelRecord { Offset = record.Offset, Priority = record.Priority });
    }

    private ModelRecord Restarted(ModelRecord record)
    {
        if (spec.AckPolicy == AckPolicy.All && record.Offset >= _ackedTo.GetValueOrDefault(record.Priority))
            return new ModelRecord { Offset = record.Offset, Priority = record.Priority };
        return record with { State = record.State == ModelState.Out ? ModelState.Returned : record.State, Slot = 0, Owner = 0 };
    }

    private List<ModelRecord> Held(int slot) =>
        [.. _records.Where(record => (record.State == ModelState.Out && record.Slot == slot) || (record.State == ModelState.Returned && record.Owner == slot))];

    private void AcknowledgeTo(ModelRecord until)
    {
        foreach (var group in _records.GroupBy(static record => record.Priority).Where(group => group.Key >= until.Priority))
        {
            // Of higher priorities everything that somebody has seen so far: not what was released, and not what stands behind it.
            var seen = group.TakeWhile(static record => record.State is ModelState.New or ModelState.Done || record.Count > 0).Where(static record => record.State != ModelState.New);
            var to = group.Key == until.Priority ? until.Offset + 1 : seen.Select(static record => record.Offset + 1).DefaultIfEmpty(0).Max();
            foreach (var record in group.Where(record => record.Offset < to))
                record.State = ModelState.Done;
            _ackedTo[group.Key] = Math.Max(to, _ackedTo.GetValueOrDefault(group.Key));
        }
    }

    private void GiveBack(ModelRecord record, long delayMs, long nowMs)
    {
        if (spec.MaxDeliver > 0 && record.Count >= spec.MaxDeliver)
            record.State = ModelState.Done;
        else
            (record.State, record.DueMs) = delayMs > 0 ? (ModelState.Delayed, nowMs + delayMs) : (ModelState.Returned, 0);
    }
}

internal sealed record ModelRecord
{
    public long Offset { get; init; }

    public byte Priority { get; init; }

    public ModelState State { get; set; }

    public int Count { get; set; }

    /// <summary>Who has it.</summary>
    public int Slot { get; set; }

    /// <summary>Whose it is although it was given back; 0: anybody's.</summary>
    public int Owner { get; set; }

    public long DueMs { get; set; }
}

internal enum ModelState
{
    New,
    Out,
    Returned,
    Delayed,
    Done,
}

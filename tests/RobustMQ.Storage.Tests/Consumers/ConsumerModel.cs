using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Consumers.Core;

namespace RobustMQ.Storage.Tests.Consumers;

/// <summary>What a consumer of one log should do, written as plainly as it can be said: a list of records, looked through from end to end for every question.</summary>
internal sealed class ConsumerModel(ConsumerSpec spec)
{
    private readonly List<ModelRecord> _records = [];

    /// <summary>Ack policy all: by priority, everything before it is done.</summary>
    private readonly Dictionary<byte, long> _ackedTo = [];

    /// <summary>By priority, everything before it was handed out or given up since the start.</summary>
    private readonly Dictionary<byte, long> _seenTo = [];

    public IReadOnlyList<ModelRecord> Records => _records;

    public IEnumerable<ModelRecord> Out => _records.Where(static record => record.State == ModelState.Out);

    public int Outstanding => Out.Count();

    public int Waiting => _records.Count(static record => record.State is ModelState.New or ModelState.Returned or ModelState.Delayed);

    private bool IsFull => spec.MaxPending > 0 && _records.Count(static record => record.State is ModelState.Out or ModelState.Delayed) >= spec.MaxPending;

    public void Append(byte priority, long expiresMs) =>
        _records.Add(new ModelRecord { Offset = _records.Count, Priority = spec.PriorityOrder ? priority : (byte)0, ExpiresMs = expiresMs });

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
            Die(next, DeadMark.Deliveries);
        }
        return null;
    }

    /// <param name="waitMs">How long it may stay there unanswered; 0: for good, or until the next fetch where nobody owns it.</param>
    public void HandOut(ModelRecord record, int slot, long waitMs, long nowMs)
    {
        if (record.State == ModelState.New)
            See(record);
        record.IsInLine = true;
        record.Count++;
        record.Slot = slot;
        record.Owner = 0;
        record.State = spec.AckPolicy == AckPolicy.None ? ModelState.Done : ModelState.Out;
        (record.WaitMs, record.DueMs) = (waitMs, waitMs > 0 ? nowMs + waitMs : 0);
    }

    /// <summary>A fetch for nobody begins: what earlier ones got for no time comes again.</summary>
    public void ReturnUnowned()
    {
        foreach (var record in Out.Where(static record => record is { Slot: MemberSlot.Nobody, DueMs: 0 }).ToList())
            (record.State, record.Owner) = (ModelState.Returned, 0);
    }

    /// <summary>Everything is forgotten and begins again at an offset.</summary>
    public void Reset(long position)
    {
        for (var at = 0; at < _records.Count; at++)
            _records[at] = at < position ? _records[at].Unseen() with { State = ModelState.Done } : _records[at].Unseen();
        for (byte priority = 0; priority <= 2; priority++)
            _ackedTo[priority] = _seenTo[priority] = position;
    }

    public void Answer(ModelRecord record, AckKind kind, long delayMs, long nowMs)
    {
        if (kind == AckKind.Acknowledge && spec.AckPolicy == AckPolicy.All && (!record.IsSingle || record.Offset < _seenTo.GetValueOrDefault(record.Priority)))
            AcknowledgeTo(record);
        else if (kind == AckKind.Acknowledge)
            record.State = ModelState.Done;
        else if (kind == AckKind.Terminate)
            Die(record, DeadMark.Rejected);
        else if (kind == AckKind.Return)
            GiveBack(record, delayMs < 0 ? BackOffMs(record) : delayMs, nowMs);
        else if (kind == AckKind.Progress && record.DueMs > 0)
            record.DueMs = nowMs + record.WaitMs;
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
            GiveBack(record, Math.Max(0, BackOffMs(record) - record.WaitMs), nowMs);
        foreach (var record in _records.Where(record => record.State == ModelState.Delayed && record.DueMs <= nowMs))
            record.State = ModelState.Returned;
        foreach (var lane in _records.Where(static record => record.State == ModelState.New).GroupBy(static record => record.Priority))
        {
            foreach (var record in lane.TakeWhile(record => record.IsExpired(nowMs)))
                Die(record, DeadMark.Expired);
        }
        Trim();
    }

    /// <summary>It was handed out, and whoever read it for that saw that its time is over.</summary>
    public void Expire(ModelRecord record)
    {
        // With nobody to acknowledge it, it was done when it was handed out.
        if (record.State != ModelState.Out)
            return;
        record.Count--;
        Die(record, DeadMark.Expired);
    }

    /// <summary>Its copy is stored.</summary>
    public void Bury(long offset, DeadMark why)
    {
        var record = _records[(int)offset];
        Assert.Equal((ModelState.Dying, why), (record.State, record.Death));
        record.State = ModelState.Done;
    }

    /// <summary>It is being stored: what was given up behind the last acknowledgement does not come again.</summary>
    public void Settle()
    {
        foreach (var (priority, seenTo) in _seenTo)
        {
            var open = InLine(priority).Select(static record => record.Offset).Append(seenTo).Min();
            _ackedTo[priority] = Math.Max(open, _ackedTo.GetValueOrDefault(priority));
        }
        if (!spec.PriorityOrder)
            return;
        // Before the first that is not done nothing begins again, of whatever priority.
        var first = _records.Where(static record => record.State == ModelState.New || (record.IsInLine && record.State != ModelState.Done)).Select(static record => record.Offset).DefaultIfEmpty(_records.Count).Min();
        foreach (var priority in _records.Select(static record => record.Priority).Distinct())
            _ackedTo[priority] = Math.Max(first, _ackedTo.GetValueOrDefault(priority));
    }

    /// <summary>As it is after a restart: nobody holds anything, and where only positions are kept, what lies behind them begins again.</summary>
    public ConsumerModel Restarted()
    {
        var restarted = new ConsumerModel(spec);
        foreach (var record in _records)
            restarted._records.Add(Restarted(record));
        foreach (var (priority, to) in _ackedTo)
            restarted._ackedTo[priority] = restarted._seenTo[priority] = to;
        return restarted;
    }

    /// <summary>Records that were appended since are there all the same.</summary>
    public void AppendAll(IReadOnlyList<ModelRecord> records)
    {
        foreach (var record in records.Skip(_records.Count))
            _records.Add(record.Unseen());
    }

    private ModelRecord Restarted(ModelRecord record)
    {
        if (spec.AckPolicy == AckPolicy.All && (!record.IsSingle || record.State == ModelState.Done) && record.Offset >= _ackedTo.GetValueOrDefault(record.Priority))
            return record.Unseen();
        return record with { State = record.State is ModelState.Out or ModelState.Dying ? ModelState.Returned : record.State, Slot = 0, Owner = 0, IsInLine = false };
    }

    private List<ModelRecord> Held(int slot) =>
        [.. _records.Where(record => (record.State == ModelState.Out && record.Slot == slot) || (record.State == ModelState.Returned && record.Owner == slot))];

    private void AcknowledgeTo(ModelRecord until)
    {
        foreach (var unseen in _records.Where(record => record.State == ModelState.New && record.Priority == until.Priority && record.Offset <= until.Offset))
        {
            See(unseen);
            unseen.State = ModelState.Done;
        }
        See(until);
        foreach (var (priority, seenTo) in _seenTo.Where(lane => lane.Key >= until.Priority))
        {
            // Of higher priorities everything that somebody has seen so far: not what was released, and not what stands behind it.
            var to = priority == until.Priority ? until.Offset + 1 : InLine(priority).Where(static record => record.Count == 0).Select(static record => record.Offset).Append(seenTo).Min();
            foreach (var record in InLine(priority).Where(record => record.Offset < to).ToList())
                record.State = ModelState.Done;
            _ackedTo[priority] = Math.Max(to, _ackedTo.GetValueOrDefault(priority));
        }
    }

    private void Die(ModelRecord record, DeadMark why)
    {
        if (record.State == ModelState.New)
            See(record);
        (record.State, record.Death) = (spec.DeadLetter is null ? ModelState.Done : ModelState.Dying, why);
        record.IsInLine = false;
        record.IsSingle = true;
    }

    private void See(ModelRecord record) => _seenTo[record.Priority] = Math.Max(record.Offset + 1, _seenTo.GetValueOrDefault(record.Priority));

    /// <summary>What was handed out, and was neither done nor given up since.</summary>
    private IEnumerable<ModelRecord> InLine(byte priority) =>
        _records.Where(record => record.IsInLine && record.Priority == priority && record.State != ModelState.Done);

    /// <summary>The oldest go that wait: the next new one, or the next that came back, whichever was appended first.</summary>
    private void Trim()
    {
        while (spec.Backlog is { } limit && Waiting > limit.MaxRecords)
        {
            var unseen = _records.Where(static record => record.State == ModelState.New).FirstOrDefault();
            var returned = _records.Where(static record => record is { State: ModelState.Returned, Owner: 0 }).OrderByDescending(static record => record.Priority).FirstOrDefault();
            if ((returned is null || returned.Offset > unseen?.Offset ? unseen : returned) is not { } oldest)
                return;
            Die(oldest, DeadMark.Backlog);
        }
    }

    private long BackOffMs(ModelRecord record) =>
        spec.BackOff.Count == 0 ? 0 : (long)spec.BackOff[Math.Clamp(record.Count - 1, 0, spec.BackOff.Count - 1)].TotalMilliseconds;

    private void GiveBack(ModelRecord record, long delayMs, long nowMs)
    {
        if (spec.MaxDeliver > 0 && record.Count >= spec.MaxDeliver)
            Die(record, DeadMark.Deliveries);
        else
            (record.State, record.DueMs) = delayMs > 0 ? (ModelState.Delayed, nowMs + delayMs) : (ModelState.Returned, 0);
    }
}

internal sealed record ModelRecord
{
    public long Offset { get; init; }

    /// <summary>0: never.</summary>
    public long ExpiresMs { get; init; }

    public byte Priority { get; init; }

    public ModelState State { get; set; }

    public int Count { get; set; }

    /// <summary>Who has it.</summary>
    public int Slot { get; set; }

    /// <summary>Whose it is although it was given back; 0: anybody's.</summary>
    public int Owner { get; set; }

    public long DueMs { get; set; }

    public long WaitMs { get; set; }

    /// <summary>An acknowledgement of one behind it is one of it, too.</summary>
    public bool IsInLine { get; set; }

    /// <summary>It was given up, and is stored by itself until its copy is.</summary>
    public bool IsSingle { get; set; }

    /// <summary>Of what it is dying.</summary>
    public DeadMark Death { get; set; }

    public bool IsExpired(long nowMs) => ExpiresMs > 0 && ExpiresMs <= nowMs;

    /// <summary>As it was when it was appended.</summary>
    public ModelRecord Unseen() => new() { Offset = Offset, Priority = Priority, ExpiresMs = ExpiresMs };
}

internal enum ModelState
{
    New,
    Out,
    Returned,
    Delayed,

    /// <summary>Given up; its copy is not stored yet.</summary>
    Dying,
    Done,
}

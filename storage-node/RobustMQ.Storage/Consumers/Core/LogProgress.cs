using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RobustMQ.Records;

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>How far one consumer is in one log: what it knows to wait there, what it has handed out.</summary>
/// <param name="byPriority">There may be records of priorities that were not met yet.</param>
internal sealed class LogProgress(int index, Guid topic, TopicPartition name, bool byPriority)
{
    private readonly List<Lane> _lanes = [];

    public int Index { get; } = index;

    public Guid Topic { get; } = topic;

    public TopicPartition Name { get; } = name;

    public BindingList Bindings { get; } = new();

    /// <summary>Highest priority first. Valid until a record of a new priority is met.</summary>
    public ReadOnlySpan<Lane> Lanes => CollectionsMarshal.AsSpan(_lanes);

    /// <summary>Where lanes begin that were not met yet.</summary>
    public long Base { get; set; }

    /// <summary>Matching records before it are known: they stand in a lane or were handed out. While <see cref="IsLive"/> it follows the log.</summary>
    public long KnownTo { get; set; }

    /// <summary>Appended records are pushed; otherwise the log must be read from <see cref="KnownTo"/> on.</summary>
    public bool IsLive { get; set; }

    public Dictionary<long, PendingRecord> Pending { get; } = [];

    /// <summary>Matching records that were not handed out. Meaningful where <see cref="IsCounted"/>.</summary>
    public long Unhanded { get; set; }

    public long UnhandedBytes { get; set; }

    public bool IsCounted { get; set; }

    /// <summary>Raised whenever what was counted stopped to hold: a count that was begun before does not hold either.</summary>
    public int CountGeneration { get; private set; }

    /// <summary>Records that stand in lanes.</summary>
    public int ReadyCount { get; private set; }

    /// <summary>The topic is gone: kept as a place holder, since indices are stored.</summary>
    public bool IsGone { get; set; }

    public Lane? FindLane(byte priority)
    {
        foreach (var lane in _lanes)
        {
            if (lane.Priority == priority)
                return lane;
        }
        return null;
    }

    public Lane LaneOf(byte priority) => FindLane(priority) ?? AddLane(priority);

    public bool HasMovedLane => _lanes.Exists(static lane => lane.IsMoved);

    /// <summary>A record is known to wait in a lane.</summary>
    public void Enqueue(byte lane, in ReadyRecord record)
    {
        LaneOf(lane).Ready.Enqueue(record);
        ReadyCount++;
    }

    /// <summary>The first of a lane does not wait any more.</summary>
    public ReadyRecord Dequeue(Lane lane)
    {
        var record = lane.Ready.Dequeue();
        ReadyCount--;
        Unhanded--;
        UnhandedBytes -= record.Bytes;
        return record;
    }

    /// <summary>A matching record was appended. From the first on for which there is no room, the log must be read again.</summary>
    public void Push(byte lane, in ReadyRecord record, int readyMax)
    {
        Unhanded++;
        UnhandedBytes += record.Bytes;
        if (!IsLive)
            return;
        if (ReadyCount < readyMax)
        {
            Enqueue(lane, record);
            KnownTo = record.Offset + 1;
        }
        else
        {
            IsLive = false;
            KnownTo = record.Offset;
        }
    }

    public void FilledTo(long offset) => KnownTo = Math.Max(KnownTo, offset);

    /// <summary>Everything that was appended is known: from now on records are pushed. Under the gate of the log's dispatch.</summary>
    public bool GoLive(long matched)
    {
        if (KnownTo < matched)
            return false;
        IsLive = true;
        if (IsCounted)
            return true;
        Uncount();
        foreach (var lane in _lanes)
        {
            foreach (var record in lane.Ready)
            {
                Unhanded++;
                UnhandedBytes += record.Bytes;
            }
        }
        IsCounted = true;
        return true;
    }

    /// <summary>Forgets which records wait; the log is read again when somebody wants them.</summary>
    public void ForgetReady()
    {
        foreach (var lane in _lanes)
            lane.Ready.Clear();
        ReadyCount = 0;
        IsLive = false;
        KnownTo = Position;
    }

    /// <summary>Single records are gone that may have waited: who waits is found out anew.</summary>
    public void Recount()
    {
        ForgetReady();
        Uncount();
    }

    /// <summary>Records before an offset are gone.</summary>
    /// <param name="isAcked">A position says what is done: so is what is gone.</param>
    public void CutBefore(long start, bool isAcked)
    {
        if (start <= Position && start <= KnownTo)
            return;
        // What waits of a live log stands in its lanes.
        if (!IsLive)
            Uncount();
        foreach (var lane in _lanes)
        {
            while (lane.Ready.TryPeek(out var record) && record.Offset < start)
                Dequeue(lane);
            lane.MoveTo(Math.Max(lane.Position, start));
            if (isAcked)
                lane.AckedTo = Math.Max(lane.AckedTo, start);
        }
        Base = Math.Max(Base, start);
        FilledTo(start);
    }

    /// <summary>Records from an offset on are not those that were seen.</summary>
    public void CutFrom(long end)
    {
        Recount();
        foreach (var lane in _lanes)
        {
            lane.Position = Math.Min(lane.Position, end);
            lane.AckedTo = Math.Min(lane.AckedTo, end);
        }
        Base = Math.Min(Base, end);
        KnownTo = Position;
    }

    /// <summary>Nothing of the consumer's lies before an offset. False: there is, or it is there already.</summary>
    /// <param name="isAcked">As in <see cref="CutBefore"/>.</param>
    public bool TryAdvance(long position, bool isAcked)
    {
        if (ReadyCount > 0 || position <= Position)
            return false;
        foreach (var lane in _lanes)
        {
            lane.Position = Math.Max(lane.Position, position);
            lane.IsMoved = false;
            if (isAcked && lane.Unacknowledged.Count == 0)
                lane.AckedTo = lane.Position;
        }
        Base = position;
        FilledTo(position);
        return true;
    }

    /// <summary>The log is read once more from an offset, and what its bindings had before is left out.</summary>
    public void GoBack(long from)
    {
        var position = Position;
        foreach (var range in Bindings.Ranges)
            range.HandledTo = Math.Max(range.HandledTo, position);
        ForgetReady();
        foreach (var lane in _lanes)
            lane.Position = Math.Min(lane.Position, from);
        Base = Math.Min(Base, from);
        KnownTo = Position;
        Uncount();
    }

    /// <summary>Nothing waits any more before an offset, and what is behind it is counted as it comes.</summary>
    public void SkipTo(long end)
    {
        foreach (var lane in _lanes)
        {
            lane.Ready.Clear();
            lane.MoveTo(Math.Max(lane.Position, end));
        }
        ReadyCount = 0;
        Unhanded = 0;
        UnhandedBytes = 0;
        IsCounted = true;
        Base = Math.Max(Base, end);
        FilledTo(end);
    }

    /// <summary>Begins again at an offset, as if nothing had been.</summary>
    public void Restart(long position)
    {
        Pending.Clear();
        _lanes.Clear();
        ReadyCount = 0;
        Base = position;
        KnownTo = position;
        IsLive = false;
        Uncount();
        foreach (var range in Bindings.Ranges)
        {
            range.From = position;
            range.HandledTo = 0;
        }
    }

    /// <summary>How many wait must be counted anew.</summary>
    public void Uncount()
    {
        IsCounted = false;
        CountGeneration++;
        Unhanded = 0;
        UnhandedBytes = 0;
    }

    public long PositionOf(byte priority) => FindLane(priority)?.Position ?? Base;

    /// <summary>A reference into the table, valid until it changes.</summary>
    public ref PendingRecord FindPending(long offset, out bool isThere)
    {
        ref var pending = ref CollectionsMarshal.GetValueRefOrNullRef(Pending, offset);
        isThere = !Unsafe.IsNullRef(ref pending);
        return ref pending;
    }

    /// <summary>Every matching record before it was handed out; of those behind it some may have been, of a higher priority.</summary>
    public long Position => byPriority || _lanes.Count == 0 ? Base : Math.Max(_lanes[0].Position, Base);

    /// <summary>No record from here on was handed out.</summary>
    public long Highest
    {
        get
        {
            var highest = Base;
            foreach (var lane in _lanes)
                highest = Math.Max(highest, lane.Position);
            return highest;
        }
    }

    /// <summary>Where the first record stands that is not done with for good, as far as the lanes know: nothing before it needs to be read again.</summary>
    public long FirstOpen
    {
        get
        {
            var first = KnownTo;
            foreach (var lane in _lanes)
            {
                if (lane.Ready.TryPeek(out var head))
                    first = Math.Min(first, head.Offset);
                if (lane.FirstUnacknowledged is { } offset)
                    first = Math.Min(first, offset);
            }
            return first;
        }
    }

    /// <summary>How far somebody has seen a lane: what was handed out and released again was seen by nobody.</summary>
    public long SeenTo(Lane lane)
    {
        foreach (var offset in lane.Unacknowledged)
        {
            ref var pending = ref FindPending(offset, out var isThere);
            if (isThere && pending.DeliveryCount == 0)
                return Math.Min(offset, lane.Position);
        }
        return lane.Position;
    }

    /// <summary>Everything before it is done. Walks through what is pending.</summary>
    public long AckFloor
    {
        get
        {
            var floor = Position;
            foreach (var offset in Pending.Keys)
                floor = Math.Min(floor, offset);
            return floor;
        }
    }

    /// <summary>In priority order, lanes do not tell where those begin that were not met yet: the base does. False: it has not moved.</summary>
    public bool TryRaiseBase()
    {
        var first = FirstOpen;
        if (first <= Base)
            return false;
        Base = first;
        return true;
    }

    // Apart from what is asked for each record, which would pay for what it captures.
    private Lane AddLane(byte priority)
    {
        var lane = new Lane(priority, Base);
        var at = _lanes.FindIndex(other => other.Priority < priority);
        _lanes.Insert(at < 0 ? _lanes.Count : at, lane);
        return lane;
    }
}

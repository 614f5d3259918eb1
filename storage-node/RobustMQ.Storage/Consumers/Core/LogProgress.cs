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

    /// <summary>Highest priority first.</summary>
    public IReadOnlyList<Lane> Lanes => _lanes;

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
    public int ReadyCount { get; set; }

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

    public Lane LaneOf(byte priority)
    {
        if (FindLane(priority) is { } lane)
            return lane;
        lane = new Lane(priority, Base);
        var at = _lanes.FindIndex(other => other.Priority < priority);
        _lanes.Insert(at < 0 ? _lanes.Count : at, lane);
        return lane;
    }

    /// <summary>How many wait must be counted anew.</summary>
    public void Uncount()
    {
        IsCounted = false;
        CountGeneration++;
        Unhanded = 0;
        UnhandedBytes = 0;
    }

    public void ClearLanes() => _lanes.Clear();

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
}

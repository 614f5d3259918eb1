using RobustMQ.Records;

namespace RobustMQ.Storage.Client.Appends;

/// <summary>
/// The appends of one log, in order, and the numbers that they carry. A log takes a producer's numbers without gaps, so an append that is refused while others are under way
/// behind it has them refused too: the lane then waits until all are answered, gives those that were refused new numbers, and goes on.
/// </summary>
internal sealed class AppendLane(TopicPartition log)
{
    public TopicPartition Log { get; } = log;

    public Protos.V1.TopicPartition Message { get; } =
        new() { Namespace = log.Namespace.Value, Topic = log.Topic.Value, Partition = log.Partition };

    public long ProducerId { get; private set; } = -1;

    public short ProducerEpoch { get; private set; }

    /// <summary>Number that the next append gets.</summary>
    public int NextSequence { get; set; }

    /// <summary>Number behind the last append that the log is known to hold.</summary>
    public int ExpectedSequence { get; private set; }

    /// <summary>Never sent.</summary>
    public AppendList Unsent { get; } = new();

    /// <summary>To be sent again, before <see cref="Unsent"/>, with the numbers they have.</summary>
    public AppendList Again { get; } = new();

    public AppendList InFlight { get; } = new();

    /// <summary>Refused or of unknown fate: they wait until the lane has been set right.</summary>
    public AppendList Returned { get; } = new();

    public int NumberedInFlight { get; set; }

    /// <summary>Nothing new is sent until every answer is there and the lane has been set right.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>A repair that needs the storage-node or a pause is under way.</summary>
    public bool IsRepairing { get; set; }

    /// <summary>The lane stands in the queue of lanes that have something to send.</summary>
    public bool IsReady { get; set; }

    /// <summary>The refusal was of a kind that an immediate repeat cannot cure.</summary>
    public bool NeedsPause { get; set; }

    /// <summary>An append was given up whose fate is unknown, so the numbers can no longer be known.</summary>
    public bool NeedsProducer { get; set; }

    /// <summary>The lane was set right and nothing has been accepted since.</summary>
    public bool IsOnTrial { get; set; }

    /// <summary>Told at the first acceptance after a repair, or when the lane has been refused again.</summary>
    public TaskCompletionSource<bool>? Trial { get; set; }

    private int _uncertainThrough;

    public bool HasPending => !Unsent.IsEmpty || !Again.IsEmpty || !InFlight.IsEmpty || !Returned.IsEmpty;

    public bool CanSend(int numberedMax)
    {
        var next = NextToSend;
        return next is not null && !(next.IsNumbered && NumberedInFlight >= numberedMax);
    }

    public PendingAppend? NextToSend => Again.First ?? (IsBlocked ? null : Unsent.First);

    public bool IsDrained => IsBlocked && InFlight.IsEmpty && Again.IsEmpty;

    /// <summary>Begins a producer's numbers from 0. Nothing that carries numbers of the one before may be under way.</summary>
    public void UseProducer(long producerId, short epoch)
    {
        ProducerId = producerId;
        ProducerEpoch = epoch;
        NextSequence = ExpectedSequence = 0;
        NeedsProducer = false;
    }

    public void TakeNumber(PendingAppend append)
    {
        append.Sequence = NextSequence;
        append.NeedsSeal = true;
        NextSequence = Sequences.Add(NextSequence, append.RecordCount);
    }

    /// <summary>The log holds this append: everything before it is settled.</summary>
    public void Accepted(PendingAppend append)
    {
        var behind = Sequences.Add(append.Sequence, append.RecordCount);
        if (Sequences.IsAfter(behind, ExpectedSequence))
            ExpectedSequence = behind;
        if (NeedsProducer && !Sequences.IsAfter(_uncertainThrough, ExpectedSequence))
            NeedsProducer = false;
    }

    /// <summary>An append is given up and may or may not be in the log.</summary>
    public void GivenUp(PendingAppend append)
    {
        var behind = Sequences.Add(append.Sequence, append.RecordCount);
        if (!NeedsProducer || Sequences.IsAfter(behind, _uncertainThrough))
            _uncertainThrough = behind;
        NeedsProducer = true;
    }

    /// <summary>Numbers everything that was refused from what the log expects, and lets it go first.</summary>
    public void Renumber()
    {
        NextSequence = ExpectedSequence;
        while (Returned.First is { } append)
        {
            Returned.Remove(append);
            if (append.IsNumbered)
                TakeNumber(append);
            Again.AddLast(append);
        }
        IsBlocked = false;
        IsOnTrial = true;
    }
}

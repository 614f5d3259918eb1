using RobustMQ.Records;
using RobustMQ.Records.Batches;

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

    /// <summary>
    /// The log has taken one of this producer's appends on the present stream. Until then one is sent at a time: a log that has forgotten the producer (or never knew it) takes
    /// whatever number comes first, so none may come that could overtake another.
    /// </summary>
    public bool IsProven { get; private set; }

    /// <summary>Some of what returned may be stored.</summary>
    public bool HasUnknown
    {
        get
        {
            for (var append = Returned.First; append is not null; append = append.Next)
            {
                if (append.State == AppendState.Unknown)
                    return true;
            }
            return false;
        }
    }

    public bool CanSend(int numberedMax)
    {
        var next = NextToSend;
        return next is not null && !(next.IsNumbered && NumberedInFlight >= (IsProven ? numberedMax : 1));
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
        IsProven = false;
    }

    /// <summary>What was lost with the stream before goes first, unless it stands behind an append that was refused.</summary>
    public void BeginStream()
    {
        IsProven = false;
        if (IsBlocked)
            ReturnAgain();
    }

    /// <summary>For a node that has none of this lane's records: everything is sent as if for the first time.</summary>
    public void BeginAnew(ProducerState producer)
    {
        ReturnAgain();
        for (var append = Returned.First; append is not null; append = append.Next)
        {
            append.State = AppendState.Rejected;
            append.MayBeStored = false;
        }
        NeedsPause = false;
        if (ProducerId >= 0)
            UseProducer(producer.ProducerId, producer.Epoch);
        Renumber();
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
        IsProven = true;
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

    /// <summary>Takes back an append that left the stream without being stored for certain.</summary>
    public void Return(PendingAppend append, AppendState state)
    {
        append.State = state;
        append.MayBeStored = state == AppendState.Unknown;
        IsBlocked = true;
        Returned.AddInOrder(append);
        if (!IsProven)
            ReturnAgain();
    }

    /// <summary>Of a drained lane: a log takes no number behind one that it has refused, so what is numbered behind a refused append is not stored either.</summary>
    public void ResolveUnknown()
    {
        var isRefused = false;
        for (var append = Returned.First; append is not null; append = append.Next)
        {
            if (!append.IsNumbered)
                continue;
            isRefused |= append.State == AppendState.Rejected;
            if (isRefused)
                append.State = AppendState.Rejected;
            append.MayBeStored &= !isRefused;
        }
    }

    public void EndTrial(bool isAccepted)
    {
        IsOnTrial = false;
        Trial?.TrySetResult(isAccepted);
    }

    /// <summary>Of a drained lane: first what may be stored already, with the numbers it has; only when all of that is known, the rest with new numbers.</summary>
    public void SendAgain()
    {
        if (!HasUnknown)
        {
            Renumber();
            return;
        }
        for (var append = Returned.First; append is not null;)
        {
            var next = append.Next;
            if (append.State == AppendState.Unknown)
            {
                Returned.Remove(append);
                Again.AddLast(append);
            }
            append = next;
        }
    }

    private void ReturnAgain()
    {
        while (Again.Last is { } append)
        {
            Again.Remove(append);
            Returned.AddInOrder(append);
        }
    }

    /// <summary>Numbers everything that was refused from what the log expects, and lets it go first.</summary>
    private void Renumber()
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

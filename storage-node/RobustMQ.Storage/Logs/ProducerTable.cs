using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Logs.Delays;
using RobustMQ.Storage.Logs.Transactions;

namespace RobustMQ.Storage.Logs;

/// <summary>
/// One log's duplicate table. A producer's batches carry consecutive sequence numbers (they wrap from <see cref="int.MaxValue"/> to 0): the next number is taken, an earlier
/// one is a repeat if it has been here, a later one leaves a gap. Whoever is not known begins with any number. Used by the log's writer only.
/// </summary>
/// <param name="transactions">Producers that have one open are not forgotten.</param>
internal sealed class ProducerTable(int producersMax, int batchesMax, TimeSpan expiry, LogTransactions? transactions = null)
{
    private readonly Dictionary<long, ProducerEntry> _producers = [];

    public int Count => _producers.Count;

    public IEnumerable<KeyValuePair<long, ProducerEntry>> Entries => _producers;

    /// <summary>Judges a batch before it is appended.</summary>
    /// <param name="duplicateOf">For a repeat: where the first copy begins; <see cref="Offset.None"/> where that is too long ago to be remembered.</param>
    public ErrorCode Check(RecordBatchHeader header, out bool isDuplicate, out Offset duplicateOf)
    {
        isDuplicate = false;
        duplicateOf = Offset.None;
        if (header.ProducerId < 0 || !_producers.TryGetValue(header.ProducerId, out var producer))
            return ErrorCode.None;
        if (header.ProducerEpoch < producer.Epoch)
            return ErrorCode.Fenced;
        if (header.ProducerEpoch > producer.Epoch)
            return header.BaseSequence == 0 || producer.MayHaveGoneOn ? ErrorCode.None : ErrorCode.OutOfSequence;
        // An epoch that only a control batch has told of.
        if (producer.IsNew)
            return header.BaseSequence == 0 || producer.MayHaveGoneOn ? ErrorCode.None : ErrorCode.OutOfSequence;

        var distance = Sequences.Distance(producer.LastSequence, header.BaseSequence);
        if (distance == 1)
            return ErrorCode.None;
        if (distance > 1)
            return producer.MayHaveGoneOn ? ErrorCode.None : ErrorCode.OutOfSequence;
        var last = LastSequence(header);
        if (Sequences.Distance(producer.LastSequence, last) > 0)
            return ErrorCode.OutOfSequence;
        isDuplicate = producer.TryFindBatch(header.BaseSequence, last, out duplicateOf) || producer.HasTaken(header.BaseSequence);
        return isDuplicate ? ErrorCode.None : ErrorCode.OutOfSequence;
    }

    /// <summary>Judges a control batch before it is appended: neither the producer nor who decides may have been overtaken.</summary>
    public ErrorCode Check(RecordBatchHeader header, TransactionMarker marker) =>
        _producers.TryGetValue(header.ProducerId, out var producer) && (header.ProducerEpoch < producer.Epoch || marker.CoordinatorEpoch < producer.CoordinatorEpoch)
            ? ErrorCode.Fenced
            : ErrorCode.None;

    /// <summary>Where a producer's last control batch lies; <see cref="Offset.None"/>: it has none that is remembered.</summary>
    public Offset LastMarker(long producerId) => _producers.TryGetValue(producerId, out var producer) ? producer.MarkerOffset : Offset.None;

    /// <summary>Remembers a control batch that was appended. A later epoch begins with it.</summary>
    public void Add(RecordBatchHeader header, TransactionMarker marker, Offset at, long nowMs) =>
        Load(header.ProducerId, header.ProducerEpoch, marker.CoordinatorEpoch, at, nowMs);

    /// <summary>Remembers a control batch by its numbers.</summary>
    public void Load(long producerId, short epoch, int coordinatorEpoch, Offset markerOffset, long nowMs)
    {
        var producer = Entry(producerId, epoch, nowMs);
        producer.CoordinatorEpoch = coordinatorEpoch;
        producer.MarkerOffset = markerOffset;
    }

    /// <summary>Remembers a batch that is appended now.</summary>
    public void Add(RecordBatchHeader header, Offset baseOffset, long nowMs)
    {
        if (header.ProducerId >= 0)
            Entry(header.ProducerId, header.ProducerEpoch, nowMs).Add(header.BaseSequence, LastSequence(header), baseOffset);
    }

    /// <summary>Remembers a batch that was found in the log.</summary>
    /// <param name="mayHaveBegunBefore">Batches before it are gone, its producer's perhaps among them.</param>
    public void Load(RecordBatchHeader header, Offset baseOffset, long nowMs, bool mayHaveBegunBefore)
    {
        if (header.ProducerId >= 0)
            Entry(header.ProducerId, header.ProducerEpoch, nowMs).Load(header.BaseSequence, LastSequence(header), baseOffset, mayHaveBegunBefore);
    }

    /// <summary>Remembers a batch by its numbers, those of one producer from the oldest on: what came before them is as if it had never been.</summary>
    public void Load(long producerId, short epoch, int firstSequence, int lastSequence, Offset baseOffset, long seenMs) =>
        Entry(producerId, epoch, seenMs).Load(firstSequence, lastSequence, baseOffset, mayHaveBegunBefore: false);

    public bool Knows(long producerId) => _producers.ContainsKey(producerId);

    /// <summary>
    /// Remembers a batch that was delayed, where the log's own batches tell of this producer and end before it. A producer of whom they do not tell starts anywhere.
    /// </summary>
    public void Load(ProducerMark mark)
    {
        if (_producers.TryGetValue(mark.ProducerId, out var producer) && producer.Epoch == mark.Epoch && !producer.IsNew && Sequences.Distance(producer.LastSequence, mark.LastSequence) > 0)
            producer.Load(mark.FirstSequence, mark.LastSequence, Offset.None, mayHaveBegunBefore: false);
    }

    /// <summary>Batches are missing that may have been of any of these producers: each may go on behind what is known of it, at any number.</summary>
    public void AllMayHaveGoneOn()
    {
        foreach (var producer in _producers.Values)
            producer.MayHaveGoneOn = true;
    }

    public void ForgetSilent(long nowMs)
    {
        var oldest = nowMs - (long)expiry.TotalMilliseconds;
        foreach (var (id, producer) in _producers)
        {
            if (producer.SeenMs < oldest && transactions?.IsOpen(id) != true)
                _producers.Remove(id);
        }
    }

    /// <summary>Sequence number of a batch's last record.</summary>
    public static int LastSequence(RecordBatchHeader header) =>
        (int)(((long)header.BaseSequence + header.LastOffsetDelta) & int.MaxValue);

    private ProducerEntry Entry(long producerId, short epoch, long seenMs)
    {
        var producer = Entry(producerId);
        if (epoch != producer.Epoch)
            producer.BeginEpoch(epoch);
        producer.SeenMs = seenMs;
        return producer;
    }

    private ProducerEntry Entry(long producerId)
    {
        if (_producers.TryGetValue(producerId, out var producer))
            return producer;
        if (_producers.Count >= producersMax)
            ForgetLongestSilent();
        _producers.Add(producerId, producer = new ProducerEntry(batchesMax));
        return producer;
    }

    private void ForgetLongestSilent()
    {
        var longest = 0L;
        var seenMs = long.MaxValue;
        foreach (var (id, producer) in _producers)
        {
            if (producer.SeenMs < seenMs && transactions?.IsOpen(id) != true)
                (longest, seenMs) = (id, producer.SeenMs);
        }
        _producers.Remove(longest);
    }
}

using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Consumers.Journal;

namespace RobustMQ.Storage.Consumers.Offsets;

/// <summary>
/// Offsets of a group that wait for their transaction's end (docs/formats/consumers.md, "Offsets"), by producer. An ended transaction is remembered for a while: a commit that was on its way when it ended must
/// not begin another one. Under the group's lock.
/// </summary>
internal sealed class PendingOffsets
{
    /// <summary>Producers without an open transaction that are remembered; those that ended first go first.</summary>
    private const int EndedMax = 1_000;

    public const long RememberedMs = 24 * 60 * 60 * 1_000;

    private readonly Dictionary<long, GroupTransaction> _producers = [];
    private readonly HashSet<long> _changed = [];

    public bool IsEmpty => _producers.Count == 0;

    public int Count { get; private set; }

    /// <summary>Logs that any of the offsets is of.</summary>
    public IReadOnlyCollection<TopicPartition> Logs => [.. _producers.Values.SelectMany(static transaction => transaction.Pending?.Keys ?? Enumerable.Empty<TopicPartition>()).Distinct()];

    /// <summary>Nothing is open, and the last transaction ended before then.</summary>
    public bool HaveEndedBefore(long timeMs)
    {
        foreach (var (_, transaction) in _producers)
        {
            if (transaction.Pending is not null || transaction.ChangedMs >= timeMs)
                return false;
        }
        return true;
    }

    public bool IsPending(TopicPartition log)
    {
        if (Count == 0)
            return false;
        foreach (var (_, transaction) in _producers)
        {
            if (transaction.Pending?.ContainsKey(log) == true)
                return true;
        }
        return false;
    }

    public PendingCommitResult Check(PendingCommit commit)
    {
        var known = _producers.GetValueOrDefault(commit.ProducerId);
        var ended = known?.Ended ?? 0;
        var fits = known?.Pending is null
            ? commit.BeginsAfter == ended && commit.ProducerEpoch >= (known?.Epoch ?? -1)
            : commit.ProducerEpoch == known.Epoch;
        return new PendingCommitResult(fits ? ErrorCode.None : ErrorCode.TransactionMismatch, ended);
    }

    /// <summary>After <see cref="Check"/>.</summary>
    public void Add(PendingCommit commit, long nowMs)
    {
        var transaction = Of(commit.ProducerId);
        transaction.Epoch = commit.ProducerEpoch;
        transaction.ChangedMs = nowMs;
        transaction.Pending ??= [];
        Count -= transaction.Pending.Count;
        foreach (var offset in commit.Commit.Offsets)
            transaction.Pending[offset.Log] = offset with { CommittedMs = nowMs };
        Count += transaction.Pending.Count;
        _changed.Add(commit.ProducerId);
    }

    /// <param name="committed">What the transaction held, where it is committed.</param>
    public ErrorCode End(PendingEnd end, long nowMs, out IReadOnlyCollection<GroupOffset> committed)
    {
        committed = [];
        var transaction = Of(end.ProducerId);
        if (end.ProducerEpoch < transaction.Epoch || end.CoordinatorEpoch < transaction.CoordinatorEpoch)
            return ErrorCode.Fenced;
        (transaction.Epoch, transaction.CoordinatorEpoch, transaction.ChangedMs) = (end.ProducerEpoch, end.CoordinatorEpoch, nowMs);
        transaction.Ended++;
        if (transaction.Pending is { } pending)
        {
            Count -= pending.Count;
            if (end.IsCommit)
                committed = pending.Values;
            transaction.Pending = null;
        }
        _changed.Add(end.ProducerId);
        return ErrorCode.None;
    }

    /// <summary>Takes a topic's offsets out of the transactions that are open. These stay so.</summary>
    /// <returns>Whether there were any.</returns>
    public bool RemoveTopic(Namespace ns, TopicName topic, long committedBeforeMs)
    {
        var count = Count;
        foreach (var (_, transaction) in _producers)
        {
            foreach (var offset in transaction.Pending?.Values.ToList() ?? [])
            {
                if (offset.Log.Namespace != ns || offset.Log.Topic != topic || offset.CommittedMs >= committedBeforeMs)
                    continue;
                transaction.Pending!.Remove(offset.Log);
                Count--;
            }
        }
        return Count < count;
    }

    /// <summary>Forgets producers that have had nothing open for long.</summary>
    /// <returns>Whether any was.</returns>
    public bool Forget(long nowMs)
    {
        var count = _producers.Count;
        foreach (var (id, transaction) in _producers)
        {
            if (transaction.Pending is null && transaction.ChangedMs < nowMs - RememberedMs)
                _producers.Remove(id);
        }
        if (_producers.Count > EndedMax)
        {
            var ended = _producers.Where(static entry => entry.Value.Pending is null).OrderBy(static entry => entry.Value.ChangedMs).Select(static entry => entry.Key).ToList();
            foreach (var id in ended.Take(_producers.Count - EndedMax))
                _producers.Remove(id);
        }
        return _producers.Count < count;
    }

    public void Write(StateWriter to, bool all)
    {
        var ids = all ? _producers.Keys : (IEnumerable<long>)_changed;
        to.Number(ids.Count(_producers.ContainsKey));
        foreach (var id in ids)
        {
            if (!_producers.TryGetValue(id, out var transaction))
                continue;
            to.Number(id).Number(transaction.Epoch).Number(transaction.CoordinatorEpoch).Number(transaction.Ended).Number(transaction.ChangedMs).Bool(transaction.Pending is not null);
            to.Number(transaction.Pending?.Count ?? 0);
            foreach (var (_, offset) in transaction.Pending ?? [])
                CommittedOffsets.Write(to, offset);
        }
        _changed.Clear();
    }

    public void Load(ref StateReader from, bool all)
    {
        if (all)
        {
            _producers.Clear();
            Count = 0;
        }
        for (var left = from.Count(); left > 0; left--)
        {
            var transaction = Of(from.Number());
            Count -= transaction.Pending?.Count ?? 0;
            transaction.Epoch = (short)from.Number();
            transaction.CoordinatorEpoch = (int)from.Number();
            transaction.Ended = from.Number();
            transaction.ChangedMs = from.Number();
            transaction.Pending = from.Bool() ? [] : null;
            for (var offsets = from.Count(); offsets > 0; offsets--)
            {
                var offset = CommittedOffsets.Read(ref from);
                (transaction.Pending ??= [])[offset.Log] = offset;
            }
            Count += transaction.Pending?.Count ?? 0;
        }
    }

    private GroupTransaction Of(long producerId)
    {
        if (!_producers.TryGetValue(producerId, out var transaction))
            _producers.Add(producerId, transaction = new GroupTransaction());
        return transaction;
    }
}

using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Journal;

namespace RobustMQ.Storage.Consumers.Offsets;

/// <summary>
/// What one group has committed (docs/formats/consumers.md, "Offsets"). The journal takes single offsets as they change, and all of them where some were removed. Under its own lock.
/// </summary>
internal sealed class CommittedOffsets(Namespace ns, string group, byte[] key) : IJournalOwner
{
    private readonly Dictionary<TopicPartition, GroupOffset> _offsets = [];
    private readonly HashSet<TopicPartition> _changed = [];
    private readonly PendingOffsets _pending = new();
    private readonly Lock _lock = new();
    private long _lastCommitMs;
    private bool _isNew = true;
    private bool _isGone;
    private bool _isGoneTaken;

    public byte[] Key { get; } = key;

    public JournalNotes Notes { get; } = new();

    /// <summary>The highest seen; -1: none.</summary>
    public long Generation { get; private set; } = -1;

    public OffsetGroup Describe()
    {
        lock (_lock)
            return new OffsetGroup(ns, group, Generation, _offsets.Count, _lastCommitMs);
    }

    /// <summary>Something was committed, or is about to be.</summary>
    public bool IsListed
    {
        get
        {
            lock (_lock)
                return _offsets.Count > 0 || Generation >= 0 || _pending.Count > 0 || _pending.IsEmpty;
        }
    }

    /// <summary>All or none.</summary>
    public ErrorCode Commit(OffsetCommit commit, int offsetsMax, long nowMs)
    {
        lock (_lock)
        {
            var error = Check(commit, offsetsMax);
            if (error != ErrorCode.None)
                return error;
            foreach (var offset in commit.Offsets)
                Put(offset with { CommittedMs = nowMs });
            _lastCommitMs = nowMs;
            return ErrorCode.None;
        }
    }

    /// <summary>All or none; not seen before the transaction is committed.</summary>
    public PendingCommitResult CommitPending(PendingCommit commit, int offsetsMax, long nowMs)
    {
        lock (_lock)
        {
            var fits = _pending.Check(commit);
            if (fits.Error != ErrorCode.None)
                return fits;
            var error = Check(commit.Commit, offsetsMax);
            if (error == ErrorCode.None)
                _pending.Add(commit, nowMs);
            return fits with { Error = error };
        }
    }

    public ErrorCode EndPending(PendingEnd end, long nowMs)
    {
        lock (_lock)
        {
            if (_isGone)
                return ErrorCode.NotFound;
            var error = _pending.End(end, nowMs, out var committed);
            if (error != ErrorCode.None)
                return error;
            foreach (var offset in committed)
                Put(offset);
            if (committed.Count > 0)
                _lastCommitMs = nowMs;
            _isNew |= _pending.Forget(nowMs);
            return ErrorCode.None;
        }
    }

    public GroupOffsets Fetch(IReadOnlyList<TopicPartition> logs)
    {
        lock (_lock)
        {
            var found = new List<GroupOffset>(logs.Count == 0 ? _offsets.Count : logs.Count);
            if (logs.Count == 0)
                found.AddRange(_offsets.Values);
            foreach (var log in logs)
            {
                if (_offsets.TryGetValue(log, out var offset))
                    found.Add(offset);
            }
            return new GroupOffsets(ErrorCode.None, Generation, found) { Unstable = _pending.Count == 0 ? [] : FindUnstable(logs) };
        }
    }

    /// <param name="logs">Empty: the group itself.</param>
    public void Remove(IReadOnlyList<TopicPartition> logs)
    {
        lock (_lock)
        {
            _isGone |= logs.Count == 0;
            foreach (var log in logs)
            {
                _isNew |= _offsets.Remove(log);
                _changed.Remove(log);
            }
        }
    }

    /// <summary>Of which it has offsets, or will have when a transaction commits.</summary>
    public IReadOnlyList<TopicPartition> Logs
    {
        get
        {
            lock (_lock)
                return [.. _offsets.Keys, .. _pending.Logs];
        }
    }

    /// <summary>Removes the offsets of a topic that were committed before a time.</summary>
    /// <returns>Whether there were any.</returns>
    public bool RemoveTopic(Namespace of, TopicName topic, long committedBeforeMs)
    {
        lock (_lock)
        {
            var gone = _offsets.Values.Where(offset => offset.Log.Namespace == of && offset.Log.Topic == topic && offset.CommittedMs < committedBeforeMs).Select(static offset => offset.Log).ToList();
            foreach (var log in gone)
            {
                _offsets.Remove(log);
                _changed.Remove(log);
            }
            if (!_pending.RemoveTopic(of, topic, committedBeforeMs) && gone.Count == 0)
                return false;
            return _isNew = true;
        }
    }

    /// <summary>Makes an end of a group that holds nothing but the numbers of transactions that ended before then.</summary>
    /// <returns>False: there is more to it.</returns>
    public bool TryEnd(long endedBeforeMs)
    {
        lock (_lock)
        {
            if (_isGone || _offsets.Count > 0 || Generation >= 0 || _pending.IsEmpty || !_pending.HaveEndedBefore(endedBeforeMs))
                return false;
            return _isGone = true;
        }
    }

    public JournalForm TakeChanges(PooledBytes into, bool wantsSnapshot)
    {
        lock (_lock)
        {
            if (_isGone)
            {
                // Once, unless the journal lost it: there may be another one of that name by now.
                var form = _isGoneTaken && !wantsSnapshot ? JournalForm.Nothing : JournalForm.Gone;
                _isGoneTaken = true;
                return form;
            }
            var isSnapshot = wantsSnapshot || _isNew;
            var to = new StateWriter(into);
            to.Number(Generation).Number(_lastCommitMs).Number(isSnapshot ? _offsets.Count : _changed.Count);
            foreach (var log in isSnapshot ? _offsets.Keys : (IEnumerable<TopicPartition>)_changed)
                Write(to, _offsets[log]);
            _changed.Clear();
            if (!_pending.IsEmpty)
                _pending.Write(to, isSnapshot);
            _isNew = false;
            return isSnapshot ? JournalForm.Snapshot : JournalForm.Ops;
        }
    }

    public void Load(ReadOnlySpan<byte> bytes, bool isSnapshot)
    {
        if (isSnapshot)
            _offsets.Clear();
        var from = new StateReader(bytes);
        Generation = from.Number();
        _lastCommitMs = from.Number();
        for (var left = from.Count(); left > 0; left--)
        {
            var offset = Read(ref from);
            _offsets[offset.Log] = offset;
        }
        // Groups that no transaction has touched end here.
        if (!from.IsAtEnd)
            _pending.Load(ref from, isSnapshot);
        _isNew = false;
    }

    public static GroupOffset Read(ref StateReader from)
    {
        var log = new TopicPartition(Namespace.Parse(from.Text()), TopicName.Parse(from.Text()), (int)from.Number());
        var offset = new Offset(from.Number());
        var epoch = new Epoch((int)from.Number());
        return new GroupOffset(log, offset, epoch, from.Text(), from.Number());
    }

    private ErrorCode Check(OffsetCommit commit, int offsetsMax)
    {
        // Removed between the look-up and now: the caller looks again.
        if (_isGone)
            return ErrorCode.NotFound;
        if (commit.Generation >= 0 && commit.Generation < Generation)
            return ErrorCode.Fenced;
        if (_offsets.Count + _pending.Count + commit.Offsets.Count(offset => !_offsets.ContainsKey(offset.Log)) > offsetsMax)
            return ErrorCode.LimitExceeded;
        Generation = Math.Max(Generation, commit.Generation);
        return ErrorCode.None;
    }

    private void Put(in GroupOffset offset)
    {
        _offsets[offset.Log] = offset;
        _changed.Add(offset.Log);
    }

    private List<TopicPartition> FindUnstable(IReadOnlyList<TopicPartition> logs)
    {
        var unstable = new List<TopicPartition>();
        foreach (var log in logs.Count == 0 ? _pending.Logs : (IReadOnlyCollection<TopicPartition>)logs)
        {
            if (_pending.IsPending(log))
                unstable.Add(log);
        }
        return unstable;
    }

    public static void Write(StateWriter to, in GroupOffset offset) =>
        to.Text(offset.Log.Namespace.Value).Text(offset.Log.Topic.Value).Number(offset.Log.Partition)
            .Number(offset.Offset.Value).Number(offset.LeaderEpoch.Value).Text(offset.Metadata).Number(offset.CommittedMs);
}

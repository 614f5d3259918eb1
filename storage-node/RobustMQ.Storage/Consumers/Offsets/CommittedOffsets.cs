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
    private readonly Lock _lock = new();
    private long _lastCommitMs;
    private bool _isNew = true;
    private bool _isGone;
    private bool _isGoneStored;

    public byte[] Key { get; } = key;

    public JournalNotes Notes { get; } = new();

    /// <summary>The highest seen; -1: none.</summary>
    public long Generation { get; private set; } = -1;

    public OffsetGroup Describe()
    {
        lock (_lock)
            return new OffsetGroup(ns, group, Generation, _offsets.Count, _lastCommitMs);
    }

    /// <summary>All or none.</summary>
    public ErrorCode Commit(OffsetCommit commit, int offsetsMax, long nowMs)
    {
        lock (_lock)
        {
            // Removed between the look-up and now: the caller looks again.
            if (_isGone)
                return ErrorCode.NotFound;
            if (commit.Generation >= 0 && commit.Generation < Generation)
                return ErrorCode.Fenced;
            if (_offsets.Count + commit.Offsets.Count(offset => !_offsets.ContainsKey(offset.Log)) > offsetsMax)
                return ErrorCode.LimitExceeded;
            Generation = Math.Max(Generation, commit.Generation);
            foreach (var offset in commit.Offsets)
            {
                _offsets[offset.Log] = offset with { CommittedMs = nowMs };
                _changed.Add(offset.Log);
            }
            _lastCommitMs = nowMs;
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
            return new GroupOffsets(ErrorCode.None, Generation, found);
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

    public JournalForm TakeChanges(PooledBytes into, bool wantsSnapshot)
    {
        lock (_lock)
        {
            if (_isGone)
            {
                // Once: there may be another one of that name by now.
                var form = _isGoneStored ? JournalForm.Nothing : JournalForm.Gone;
                _isGoneStored = true;
                return form;
            }
            var isSnapshot = wantsSnapshot || _isNew;
            var to = new StateWriter(into);
            to.Number(Generation).Number(_lastCommitMs).Number(isSnapshot ? _offsets.Count : _changed.Count);
            foreach (var log in isSnapshot ? _offsets.Keys : (IEnumerable<TopicPartition>)_changed)
                Write(to, _offsets[log]);
            _changed.Clear();
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
            var log = new TopicPartition(Namespace.Parse(from.Text()), TopicName.Parse(from.Text()), (int)from.Number());
            var offset = new Offset(from.Number());
            var epoch = new Epoch((int)from.Number());
            _offsets[log] = new GroupOffset(log, offset, epoch, from.Text(), from.Number());
        }
        _isNew = false;
    }

    private static void Write(StateWriter to, in GroupOffset offset) =>
        to.Text(offset.Log.Namespace.Value).Text(offset.Log.Topic.Value).Number(offset.Log.Partition)
            .Number(offset.Offset.Value).Number(offset.LeaderEpoch.Value).Text(offset.Metadata).Number(offset.CommittedMs);
}

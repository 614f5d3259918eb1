using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Consumers.Journal;

namespace RobustMQ.Storage.Consumers.Offsets;

/// <summary>
/// Plain offsets by group, for readers that keep nothing else here. Kept as given, and for as long as the topic is there that they are of. All calls may be made from any thread.
/// </summary>
public sealed class OffsetGroups
{
    /// <summary>Groups from which on it is looked whether some need not be kept: again when they have doubled.</summary>
    private const int LookFrom = 1_024;

    /// <summary>And not more often than this, however many there are.</summary>
    private const long LookPauseMs = 60_000;

    private readonly Dictionary<(Namespace, string), CommittedOffsets> _groups = [];
    private readonly OffsetReaders _readers = new();
    private readonly Lock _lock = new();
    private readonly ConsumerJournal _journal;
    private readonly StorageOptions _options;
    private readonly TimeProvider _time;
    private int _lookAt = LookFrom;
    private long _lookedMs = long.MinValue / 2;

    internal OffsetGroups(ConsumerJournal journal, StorageOptions options, TimeProvider time, IEnumerable<CommittedOffsets> loaded)
    {
        _journal = journal;
        _options = options;
        _time = time;
        foreach (var group in loaded)
        {
            _groups.Add((group.Describe().Namespace, group.Describe().Group), group);
            _readers.Add(group, group.Logs);
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
                return _groups.Count;
        }
    }

    /// <summary>Stored when it completes.</summary>
    public async ValueTask<ErrorCode> CommitAsync(OffsetCommit commit)
    {
        if (!IsValid(commit))
            return ErrorCode.InvalidArgument;
        if (_journal.IsUnreadable)
            return ErrorCode.DiskFailure;
        while (true)
        {
            if (commit.Offsets.Count == 0 && commit.Generation < 0 && Find(commit.Namespace, commit.Group) is null)
                return ErrorCode.None;
            if (FindOrAdd(commit.Namespace, commit.Group) is not { } group)
                return ErrorCode.LimitExceeded;
            var error = group.Commit(commit, _options.OffsetsPerGroupMax, NowMs);
            if (error == ErrorCode.NotFound)
                continue;
            if (error != ErrorCode.None)
                return error;
            _readers.Add(group, commit.Offsets.Select(static offset => offset.Log));
            return await _journal.StoreAsync(group).ConfigureAwait(false);
        }
    }

    /// <summary>Stored when it completes; seen when the transaction is committed.</summary>
    public async ValueTask<PendingCommitResult> CommitPendingAsync(PendingCommit commit)
    {
        if (!IsValid(commit.Commit) || commit.ProducerId < 0 || commit.ProducerEpoch < 0)
            return new PendingCommitResult(ErrorCode.InvalidArgument, 0);
        if (_journal.IsUnreadable)
            return new PendingCommitResult(ErrorCode.DiskFailure, 0);
        while (true)
        {
            // Only what begins a transaction makes a group.
            if (commit.BeginsAfter != 0 && Find(commit.Commit.Namespace, commit.Commit.Group) is null)
                return new PendingCommitResult(ErrorCode.TransactionMismatch, 0);
            if (FindOrAdd(commit.Commit.Namespace, commit.Commit.Group) is not { } group)
                return new PendingCommitResult(ErrorCode.LimitExceeded, 0);
            var result = group.CommitPending(commit, _options.OffsetsPerGroupMax, NowMs);
            if (result.Error == ErrorCode.NotFound)
                continue;
            if (result.Error != ErrorCode.None)
                return result;
            _readers.Add(group, commit.Commit.Offsets.Select(static offset => offset.Log));
            return result with { Error = await _journal.StoreAsync(group).ConfigureAwait(false) };
        }
    }

    /// <summary>Stored when it completes. A group that is not there is told of it too: what is on its way to it must not begin a transaction that is over.</summary>
    public async ValueTask<ErrorCode> EndPendingAsync(PendingEnd end)
    {
        if (!IsValid(end.Group) || end.ProducerId < 0 || end.ProducerEpoch < 0)
            return ErrorCode.InvalidArgument;
        if (_journal.IsUnreadable)
            return ErrorCode.DiskFailure;
        while (true)
        {
            // There is no room for a group that is not there: what is on its way to it finds none either.
            if (FindOrAdd(end.Namespace, end.Group) is not { } group)
                return ErrorCode.None;
            var error = group.EndPending(end, NowMs);
            if (error == ErrorCode.NotFound)
                continue;
            return error == ErrorCode.None ? await _journal.StoreAsync(group).ConfigureAwait(false) : error;
        }
    }

    /// <param name="logs">Empty: all that the group has.</param>
    public GroupOffsets Fetch(Namespace ns, string group, IReadOnlyList<TopicPartition> logs) =>
        Find(ns, group)?.Fetch(logs) ?? new GroupOffsets(_journal.IsUnreadable ? ErrorCode.DiskFailure : ErrorCode.None, -1, []);

    /// <param name="logs">Empty: the group itself with all that it has.</param>
    /// <returns><see cref="ErrorCode.NotFound"/>: there is no such group.</returns>
    public async ValueTask<ErrorCode> DeleteAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs)
    {
        Task<ErrorCode> stored;
        lock (_lock)
        {
            if (!_groups.TryGetValue((ns, group), out var found))
                return _journal.IsUnreadable ? ErrorCode.DiskFailure : ErrorCode.NotFound;
            found.Remove(logs);
            if (logs.Count == 0)
            {
                _groups.Remove((ns, group));
                _readers.Remove(found);
            }
            // Its end is queued before a new group of that name can be.
            stored = _journal.StoreAsync(found);
        }
        return await stored.ConfigureAwait(false);
    }

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<OffsetGroup> List(Namespace ns)
    {
        if (_journal.IsUnreadable)
            throw new StorageException(ErrorCode.DiskFailure, "the node's offset groups cannot be read");
        var groups = new List<OffsetGroup>();
        lock (_lock)
        {
            foreach (var ((of, _), group) in _groups)
            {
                if (of == ns && group.IsListed)
                    groups.Add(group.Describe());
            }
        }
        groups.Sort(static (left, right) => string.CompareOrdinal(left.Group, right.Group));
        return groups;
    }

    /// <summary>A topic is gone, and its offsets with it: they would be positions in other records where one of that name comes. Stored when it completes.</summary>
    internal ValueTask ForgetAsync(Topic gone) => RemoveAsync(_readers.Take(gone.Namespace, gone.Name), gone, long.MaxValue);

    /// <summary>A topic is new: what a commit that was on its way, or a crash, has left of a former one of its name goes.</summary>
    internal ValueTask FollowAsync(Topic made) => RemoveAsync(_readers.Of(made.Namespace, made.Name), made, made.CreatedMs);

    private async ValueTask RemoveAsync(IReadOnlyCollection<CommittedOffsets> groups, Topic topic, long committedBeforeMs)
    {
        var stored = new List<Task>();
        foreach (var group in groups)
        {
            if (group.RemoveTopic(topic.Namespace, topic.Name, committedBeforeMs))
                stored.Add(_journal.StoreAsync(group));
        }
        await Task.WhenAll(stored).ConfigureAwait(false);
    }

    private CommittedOffsets? Find(Namespace ns, string group)
    {
        lock (_lock)
            return _groups.GetValueOrDefault((ns, group));
    }

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <returns>Null: there are too many.</returns>
    private CommittedOffsets? FindOrAdd(Namespace ns, string name)
    {
        lock (_lock)
        {
            if (_groups.TryGetValue((ns, name), out var group))
                return group;
            if (_groups.Count >= Math.Min(_lookAt, _options.OffsetGroupsMax))
                ForgetEnded();
            if (_groups.Count >= _options.OffsetGroupsMax)
                return null;
            group = new CommittedOffsets(ns, name, JournalKeys.OfGroup(ns, name));
            _groups.Add((ns, name), group);
            return group;
        }
    }

    /// <summary>
    /// Groups that hold nothing but the numbers of ended transactions are kept for as long as those are of use, and no longer where room is needed: a producer names any number of them. Under the lock.
    /// </summary>
    private void ForgetEnded()
    {
        var nowMs = NowMs;
        if (nowMs - _lookedMs < LookPauseMs)
            return;
        _lookedMs = nowMs;
        var endedBefore = _groups.Count < _options.OffsetGroupsMax ? nowMs - PendingOffsets.RememberedMs : long.MaxValue;
        foreach (var (key, group) in _groups)
        {
            if (!group.TryEnd(endedBefore))
                continue;
            _groups.Remove(key);
            _readers.Remove(group);
            _ = _journal.StoreAsync(group);
        }
        _lookAt = Math.Max(LookFrom, _groups.Count * 2);
    }

    private static bool IsValid(string group) => !string.IsNullOrEmpty(group) && Encoding.UTF8.GetByteCount(group) <= ConsumerRef.NameBytesMax;

    private static bool IsValid(OffsetCommit commit)
    {
        if (!IsValid(commit.Group) || commit.Generation < -1)
            return false;
        foreach (var offset in commit.Offsets)
        {
            if (offset.Offset.Value < 0 || offset.Metadata is null || Encoding.UTF8.GetByteCount(offset.Metadata) > OffsetCommit.MetadataBytesMax || offset.Log.Partition < 0)
                return false;
        }
        return true;
    }
}

using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Consumers.Journal;

namespace RobustMQ.Storage.Consumers.Offsets;

/// <summary>
/// Plain offsets by group, for readers that keep nothing else here. Kept as given: no conclusions are drawn from them, and topics that go take none along. All calls may be made from any thread.
/// </summary>
public sealed class OffsetGroups
{
    private readonly Dictionary<(Namespace, string), CommittedOffsets> _groups = [];
    private readonly Lock _lock = new();
    private readonly ConsumerJournal _journal;
    private readonly StorageOptions _options;
    private readonly TimeProvider _time;

    internal OffsetGroups(ConsumerJournal journal, StorageOptions options, TimeProvider time, IEnumerable<CommittedOffsets> loaded)
    {
        _journal = journal;
        _options = options;
        _time = time;
        foreach (var group in loaded)
            _groups.Add((group.Describe().Namespace, group.Describe().Group), group);
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
        while (true)
        {
            CommittedOffsets? group;
            lock (_lock)
            {
                if (!_groups.TryGetValue((commit.Namespace, commit.Group), out group))
                {
                    if (commit.Offsets.Count == 0 && commit.Generation < 0)
                        return ErrorCode.None;
                    if (_groups.Count >= _options.OffsetGroupsMax)
                        return ErrorCode.LimitExceeded;
                    group = new CommittedOffsets(commit.Namespace, commit.Group, JournalKeys.OfGroup(commit.Namespace, commit.Group));
                    _groups.Add((commit.Namespace, commit.Group), group);
                }
            }
            var error = group.Commit(commit, _options.OffsetsPerGroupMax, _time.GetUtcNow().ToUnixTimeMilliseconds());
            if (error == ErrorCode.NotFound)
                continue;
            return error == ErrorCode.None ? await _journal.StoreAsync(group).ConfigureAwait(false) : error;
        }
    }

    /// <param name="logs">Empty: all that the group has.</param>
    public GroupOffsets Fetch(Namespace ns, string group, IReadOnlyList<TopicPartition> logs) =>
        Find(ns, group)?.Fetch(logs) ?? new GroupOffsets(ErrorCode.None, -1, []);

    /// <param name="logs">Empty: the group itself with all that it has.</param>
    /// <returns><see cref="ErrorCode.NotFound"/>: there is no such group.</returns>
    public async ValueTask<ErrorCode> DeleteAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs)
    {
        Task<ErrorCode> stored;
        lock (_lock)
        {
            if (!_groups.TryGetValue((ns, group), out var found))
                return ErrorCode.NotFound;
            found.Remove(logs);
            if (logs.Count == 0)
                _groups.Remove((ns, group));
            // Its end is queued before a new group of that name can be.
            stored = _journal.StoreAsync(found);
        }
        return await stored.ConfigureAwait(false);
    }

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<OffsetGroup> List(Namespace ns)
    {
        var groups = new List<OffsetGroup>();
        lock (_lock)
        {
            foreach (var ((of, _), group) in _groups)
            {
                if (of == ns)
                    groups.Add(group.Describe());
            }
        }
        groups.Sort(static (left, right) => string.CompareOrdinal(left.Group, right.Group));
        return groups;
    }

    private CommittedOffsets? Find(Namespace ns, string group)
    {
        lock (_lock)
            return _groups.GetValueOrDefault((ns, group));
    }

    private static bool IsValid(OffsetCommit commit)
    {
        if (string.IsNullOrEmpty(commit.Group) || Encoding.UTF8.GetByteCount(commit.Group) > ConsumerRef.NameBytesMax || commit.Generation < -1)
            return false;
        foreach (var offset in commit.Offsets)
        {
            if (offset.Offset.Value < 0 || offset.Metadata is null || Encoding.UTF8.GetByteCount(offset.Metadata) > OffsetCommit.MetadataBytesMax || offset.Log.Partition < 0)
                return false;
        }
        return true;
    }
}

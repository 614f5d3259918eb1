using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Dispatch;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Consumers;

/// <summary>Which consumers hear from which logs. One caller at a time.</summary>
internal sealed class LogLinks(LogTable logs, IReplicationGroup group, StorageOptions options)
{
    private readonly Dictionary<LogId, (LogPartition Partition, LogDispatch Dispatch)> _dispatches = [];

    /// <summary>Puts bindings in force in one log.</summary>
    public void Attach(Consumer consumer, LogPartition partition, IReadOnlyList<(ConsumerBinding Binding, StartPoint Start)> bindings)
    {
        var dispatch = DispatchOf(ref partition);
        var present = Find(consumer, partition);
        dispatch.WhileStill(0, (_, matched) =>
        {
            var link = present;
            consumer.Change(machine =>
            {
                link ??= Begin(consumer, machine, partition, dispatch, bindings, matched);
                foreach (var (binding, start) in bindings)
                    Add(machine, link, binding, start, matched, isNew: present is null);
                return 0;
            });
            if (present is null)
            {
                consumer.SetLink(link!);
                dispatch.Add(link!);
            }
        });
    }

    /// <summary>Links a consumer that was read from the journal to a log that it knows. False: the log is not there any more.</summary>
    public bool Resume(Consumer consumer, LogProgress progress)
    {
        if (!logs.TryGet(new LogId(progress.Topic, progress.Name.Partition), out var partition))
            return false;
        var dispatch = DispatchOf(ref partition);
        var link = new LogLink(consumer, progress, partition, dispatch);
        dispatch.WhileStill(0, (_, matched) =>
        {
            consumer.Change(machine =>
            {
                // A memory log begins at zero after a restart, and what was known of it is void; another one may have lost what it had promised to nobody.
                if (progress.Highest > matched && !partition.IsPersistent)
                    machine.Restart(progress, partition.Log.StartOffset.Value);
                else if (progress.Highest > matched)
                    machine.CutFrom(progress, matched);
                return 0;
            });
            consumer.SetLink(link);
            dispatch.Add(link);
        });
        return true;
    }

    /// <summary>Ends bindings with what was appended until now, and forgets those that ended before and are behind the consumer.</summary>
    public static void End(Consumer consumer, IReadOnlyCollection<int> ids)
    {
        foreach (var link in consumer.Links)
        {
            link.Dispatch.WhileStill(0, (_, matched) => consumer.Change(machine =>
            {
                foreach (var range in link.Progress.Bindings.Ranges)
                {
                    if (range.Until != long.MaxValue || !ids.Contains(range.Id))
                        continue;
                    range.Until = matched;
                    machine.NeedsSnapshot = true;
                }
                foreach (var range in link.Progress.Bindings.Ranges.Where(range => range.Until <= link.Progress.Position).ToArray())
                {
                    link.Progress.Bindings.Remove(range);
                    link.Dispatch.RemoveRange(link, range);
                }
                return 0;
            }));
        }
    }

    /// <summary>A consumer is gone, or its place in one log is.</summary>
    public void Detach(LogLink link)
    {
        link.Dispatch.Remove(link);
        link.Consumer.DropLink(link);
        link.Dispatch.Retention?.OnInterestLost();
        if (link.Dispatch.HasLinks || link.Dispatch.Retention is not null)
            return;
        link.Partition.TryAttach(null);
        _dispatches.Remove(link.Partition.Log.Id);
        link.Dispatch.Dispose();
    }

    public List<LogLink> LinksOf(Topic topic)
    {
        var links = new List<LogLink>();
        for (var i = 0; i < topic.Spec.Partitions; i++)
        {
            if (_dispatches.TryGetValue(new LogId(topic.Id, i), out var entry))
                entry.Dispatch.CopyLinks(links);
        }
        return links;
    }

    /// <summary>A topic whose consumers decide what stays is watched whether it has any or not.</summary>
    public void Watch(Topic topic)
    {
        for (var i = 0; i < topic.Spec.Partitions; i++)
        {
            if (!logs.TryGet(new LogId(topic.Id, i), out var partition))
                continue;
            var dispatch = DispatchOf(ref partition);
            var links = new List<LogLink>();
            dispatch.CopyLinks(links);
            foreach (var link in links)
                link.Consumer.Change(static machine => machine.TracksFinished = true);
            // What was done and not removed before a restart, or before the topic was told to.
            if (partition.Log.RecordCount > 0)
                dispatch.Retention.Sweep();
        }
    }

    public void Forget(Topic topic)
    {
        for (var i = 0; i < topic.Spec.Partitions; i++)
        {
            if (_dispatches.Remove(new LogId(topic.Id, i), out var entry))
                entry.Dispatch.Dispose();
        }
    }

    public static LogLink? Find(Consumer consumer, LogPartition partition) =>
        consumer.Read(machine => machine.Logs.FirstOrDefault(log => !log.IsGone && log.Topic == partition.Topic.Id && log.Name.Partition == partition.Name.Partition)) is { } progress
            ? consumer.FindLink(progress.Index)
            : null;

    /// <summary>Whether a binding begins before what its consumer has read already, in a way that cannot be joined with that: single records, and orders that know one position.</summary>
    public static bool GoesBack(Consumer consumer, LogPartition partition, StartPoint start) =>
        Find(consumer, partition) is { } link && consumer.Read(machine =>
            start.Singles.Count > 0 || ((machine.Spec.PriorityOrder || machine.Spec.AckPolicy == AckPolicy.All) && start.From < link.Progress.KnownTo));

    private static LogLink Begin(
        Consumer consumer, ConsumerMachine machine, LogPartition partition, LogDispatch dispatch, IReadOnlyList<(ConsumerBinding Binding, StartPoint Start)> bindings, long matched)
    {
        var from = Math.Clamp(bindings.Min(static binding => binding.Start.From), Math.Min(partition.Log.StartOffset.Value, matched), matched);
        var progress = machine.AddLog(partition.Topic.Id, partition.Name);
        progress.Base = from;
        progress.KnownTo = from;
        progress.IsLive = progress.IsCounted = from == matched;
        return new LogLink(consumer, progress, partition, dispatch);
    }

    private static void Add(ConsumerMachine machine, LogLink link, ConsumerBinding binding, StartPoint start, long matched, bool isNew)
    {
        var progress = link.Progress;
        var range = new BindingRange(binding) { From = Math.Min(start.From, matched) };
        foreach (var single in start.Singles)
            machine.AddWaiting(progress, single.Offset, single.Priority, single.Bytes);
        if (!isNew && range.From < progress.KnownTo)
            machine.GoBack(progress, Math.Max(range.From, link.Partition.Log.StartOffset.Value));
        progress.Bindings.Add(range);
        machine.NeedsSnapshot = true;
        if (!isNew)
            link.Dispatch.AddRange(link, range);
    }

    private LogDispatch DispatchOf(ref LogPartition partition)
    {
        while (true)
        {
            var id = partition.Log.Id;
            if (_dispatches.TryGetValue(id, out var present) && !present.Partition.IsClosed)
            {
                partition = present.Partition;
                return present.Dispatch;
            }
            var dispatch = new LogDispatch(partition, new InterestRetention(partition, group), options.ConsumerCachedSubjectsMax);
            if (dispatch.IsAttached)
            {
                _dispatches[id] = (partition, dispatch);
                return dispatch;
            }
            dispatch.Dispose();
            if (!logs.TryGet(id, out partition!))
                throw new StorageException(ErrorCode.NotFound, $"log {id} is gone");
        }
    }
}

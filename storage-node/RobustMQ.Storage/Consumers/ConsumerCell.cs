using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Delivery;
using RobustMQ.Storage.Consumers.Dispatch;
using RobustMQ.Storage.Consumers.Journal;

namespace RobustMQ.Storage.Consumers;

/// <summary>
/// What one consumer is and knows, under one lock: its <see cref="ConsumerMachine"/>, the logs that it is linked to, what of it is stored. What it does is the business of <see cref="Consumer"/>.
/// </summary>
internal abstract class ConsumerCell : IJournalOwner
{
    protected readonly ConsumerEnvironment _environment;
    protected readonly ConsumerMachine _machine;
    protected readonly Lock _lock = new();
    protected readonly Dictionary<TopicPartition, LogLink> _byName = [];
    protected readonly List<LogLink?> _links = [];
    protected long _lastUsedMs;
    protected bool _isGone;
    private bool _isGoneTaken;

    /// <summary>Records that were pushed, and how many of them had been when records were handed out last.</summary>
    private long _pushed;
    private long _pushedBefore;
    private volatile bool _isFull;

    protected ConsumerCell(ConsumerEnvironment environment, ConsumerMachine machine, long revision, long createdMs, byte[] key)
    {
        _environment = environment;
        _machine = machine;
        Revision = revision;
        CreatedMs = createdMs;
        Key = key;
        _lastUsedMs = environment.NowMs;
        foreach (var _ in machine.Logs)
            _links.Add(null);
    }

    public ConsumerRef Ref => _machine.Spec.Consumer;

    public byte[] Key { get; }

    public JournalNotes Notes { get; } = new();

    public long Revision { get; private set; }

    public long CreatedMs { get; }

    /// <summary>When the clock wakes it. Under the clock's lock.</summary>
    public long DueMs { get; set; } = long.MaxValue;

    /// <summary>When the clock looks whether it is due, no later than it is. Under the clock's lock.</summary>
    public long LookedAtMs { get; set; } = long.MaxValue;

    public bool RefusesAppends => _machine.Spec.Backlog is { Overflow: BacklogOverflow.RefuseAppends };

    /// <summary>Records that it gives up are passed on.</summary>
    public bool BuriesDead => _machine.Spec.DeadLetter is not null;

    /// <summary>Its backlog is at its limit.</summary>
    public bool IsFull => _isFull;

    public ConsumerSpec Spec
    {
        get
        {
            lock (_lock)
                return _machine.Spec;
        }
    }

    public bool IsGone
    {
        get
        {
            lock (_lock)
                return _isGone;
        }
    }

    /// <summary>It is removed, or is about to be with its topics, since the time of all of them is over.</summary>
    public bool IsOver(long nowMs)
    {
        lock (_lock)
        {
            if (_isGone)
                return true;
            if (!_machine.Spec.DeleteWithTopics || _byName.Count == 0)
                return false;
            foreach (var link in _byName.Values)
            {
                if (!link.Partition.Topic.IsExpiredAt(nowMs))
                    return false;
            }
            return true;
        }
    }

    /// <summary>Something changed: the loop looks.</summary>
    public abstract void Schedule();

    /// <summary>Changes the machine and what stands around it, and looks what follows. No dispatch's gate may be taken inside.</summary>
    public T Change<T>(Func<ConsumerMachine, T> change, bool isSpec = false)
    {
        T result;
        lock (_lock)
        {
            result = change(_machine);
            if (isSpec)
            {
                Revision++;
                _machine.NeedsSnapshot = true;
            }
            _lastUsedMs = _environment.NowMs;
            UpdateFull();
        }
        Schedule();
        return result;
    }

    public T Read<T>(Func<ConsumerMachine, T> read)
    {
        lock (_lock)
            return read(_machine);
    }

    /// <summary>Walks through what is pending.</summary>
    public ConsumerState Describe()
    {
        lock (_lock)
        {
            var totals = _machine.Totals;
            return new ConsumerState
            {
                Spec = _machine.Spec,
                Revision = Revision,
                CreatedMs = CreatedMs,
                Waiting = _machine.Waiting,
                WaitingBytes = _machine.WaitingBytes,
                Pending = _machine.Outstanding,
                LastSequence = _machine.LastSequence,
                Delivered = totals.Delivered,
                Redelivered = totals.Redelivered,
                Acknowledged = totals.Acknowledged,
                Dead = totals.Dead,
                Positions = [.. _machine.Logs.Where(static log => !log.IsGone).Select(PositionOf)],
                Members = [.. _machine.Members.Members.ToArray().Select(static member =>
                    new ConsumerMemberState(member.Name, member.Epoch, member.Priority, member.IsActive, member.CreditRecords, member.Pending))],
            };
        }
    }

    private ConsumerPosition PositionOf(LogProgress log)
    {
        // Nothing of its own lies between where it is and where the log was matched up to.
        var position = log.IsLive && log.ReadyCount == 0 && _links[log.Index] is { } link ? Math.Max(log.Position, link.Dispatch.Matched) : log.Position;
        return new ConsumerPosition(log.Name, new Offset(position), new Offset(log.Pending.Count == 0 ? position : Math.Min(position, log.AckFloor)));
    }

    // ---- logs

    public LogLink? FindLink(int index)
    {
        lock (_lock)
            return index < _links.Count ? _links[index] : null;
    }

    public List<LogLink> Links
    {
        get
        {
            lock (_lock)
                return [.. _byName.Values];
        }
    }

    public void SetLink(LogLink link)
    {
        lock (_lock)
        {
            while (_links.Count <= link.Progress.Index)
                _links.Add(null);
            _links[link.Progress.Index] = link;
            _byName[link.Partition.Name] = link;
            _machine.TracksFinished |= link.Dispatch.Retention.DecidesWhatStays;
        }
    }

    public void DropLink(LogLink link)
    {
        lock (_lock)
        {
            _links[link.Progress.Index] = null;
            if (_byName.TryGetValue(link.Partition.Name, out var present) && present == link)
                _byName.Remove(link.Partition.Name);
        }
    }

    /// <summary>A record that matches was appended. Called under the dispatch's gate.</summary>
    /// <returns>The loop should look.</returns>
    public bool Push(LogProgress progress, in ReadyRecord record, long timestampMs)
    {
        lock (_lock)
        {
            if (_isGone)
                return false;
            _pushed++;
            var wants = _machine.Push(progress, WithTtl(record, timestampMs), ReadyMax);
            UpdateFull();
            return wants;
        }
    }

    /// <summary>What was pushed so far is about to be handed out. Under the lock.</summary>
    protected void NotePushed() => _pushedBefore = _pushed;

    /// <summary>Records were pushed since they were handed out last: nobody may be told yet that there is nothing.</summary>
    protected bool WasPushedSince()
    {
        lock (_lock)
            return _pushed != _pushedBefore;
    }

    /// <summary>Whether it has no more use for a record that it matched.</summary>
    public bool IsDone(LogProgress progress, long offset, byte priority)
    {
        lock (_lock)
        {
            var lane = _machine.Spec.PriorityOrder ? priority : (byte)0;
            return _isGone || progress.IsGone || (offset < progress.PositionOf(lane) && !progress.Pending.ContainsKey(offset));
        }
    }

    public bool IsTooOld(long timestampMs, long nowMs)
    {
        var ttl = _machine.Spec.RecordTtl;
        return ttl > TimeSpan.Zero && timestampMs + (long)ttl.TotalMilliseconds <= nowMs;
    }

    public int AddBindingIds(LogProgress progress, ReadOnlySpan<byte> subject, in Handout handout, List<int> ids)
    {
        lock (_lock)
            return progress.Bindings.AddIds(subject, handout.Offset, ids, handout.IsSingle);
    }

    /// <summary>Records were removed that it may have known to wait.</summary>
    public void OnRemoved(LogLink link, bool areSingle)
    {
        lock (_lock)
        {
            _machine.CutBefore(link.Progress, link.Partition.Log.StartOffset.Value);
            if (areSingle)
                link.Progress.Recount();
            UpdateFull();
        }
        Schedule();
    }

    public bool HasPending(LogProgress progress, long offset)
    {
        lock (_lock)
            return progress.Pending.ContainsKey(offset);
    }

    public ReadyRecord WithTtl(in ReadyRecord record, long timestampMs)
    {
        var ttl = _machine.Spec.RecordTtl;
        if (ttl == TimeSpan.Zero)
            return record;
        var expires = timestampMs + (long)ttl.TotalMilliseconds;
        return record.ExpiresMs == 0 || expires < record.ExpiresMs ? record with { ExpiresMs = expires } : record;
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
            _machine.WriteMoves();
            if (wantsSnapshot || _machine.NeedsSnapshot)
            {
                _machine.NeedsSnapshot = false;
                _machine.Ops.Clear();
                ConsumerSnapshot.Write(into, _machine, Revision, CreatedMs);
                return JournalForm.Snapshot;
            }
            if (_machine.Ops.IsEmpty)
                return JournalForm.Nothing;
            _machine.Ops.MoveTo(into);
            return JournalForm.Ops;
        }
    }

    /// <summary>Whether a log should be read on.</summary>
    protected bool WantsFill(LogProgress log)
    {
        lock (_lock)
            return _machine.WantsFill(log, ReadyMax);
    }

    /// <summary>Of a log that it is not linked to.</summary>
    protected bool WantsFill(int index)
    {
        lock (_lock)
            return _machine.WantsFill(_machine.Logs[index], ReadyMax);
    }

    /// <summary>Whether there may be more urgent records than those that are known.</summary>
    protected bool MustFillFirst()
    {
        lock (_lock)
            return _machine.MustFillFirst(ReadyMax);
    }

    protected int ReadyMax => _machine.Spec.PriorityOrder ? _environment.Options.ConsumerPriorityReadyMax : _environment.Options.ConsumerReadyMax;

    protected void UpdateFull()
    {
        if (_machine.Spec.Backlog is { Overflow: BacklogOverflow.RefuseAppends } limit)
            _isFull = (limit.MaxRecords > 0 && _machine.Waiting >= limit.MaxRecords) || (limit.MaxBytes > 0 && _machine.WaitingBytes >= limit.MaxBytes);
        else
            _isFull = false;
    }
}

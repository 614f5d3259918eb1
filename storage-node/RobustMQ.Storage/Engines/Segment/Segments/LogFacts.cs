using RobustMQ.Records;
using RobustMQ.Storage.Engines.Segment.Files;

namespace RobustMQ.Storage.Engines.Segment.Segments;

/// <summary>
/// The small facts about a log that its segments do not hold, and when its journal is told of them: where the log begins, which records were removed, how far it is applied. Used by the
/// log's writer under the log's lock; what is applied may be read without it.
/// </summary>
internal sealed class LogFacts(SegmentLog log, LogJournal journal)
{
    private long _appliedIndex;

    /// <summary>Where the log begins for all that the journal says.</summary>
    private long _journaledStart;

    /// <summary>A rewrite was asked for and failed.</summary>
    private bool _isStale;

    public long AppliedIndex => Interlocked.Read(ref _appliedIndex);

    public Epoch LastEpoch { get; private set; }

    /// <summary>Begins with what the journal says, once the segments are loaded.</summary>
    public void Load(JournalState state)
    {
        _journaledStart = state.Start;
        _appliedIndex = Math.Max(_appliedIndex, state.AppliedIndex);
        LastEpoch = state.LastEpoch.Value > log.Segments.LastEpoch.Value ? state.LastEpoch : log.Segments.LastEpoch;
    }

    public void Applied(long index, Epoch epoch)
    {
        _appliedIndex = Math.Max(_appliedIndex, index);
        LastEpoch = epoch;
    }

    public void RecordStart()
    {
        journal.Start(log.Segments.Start);
        _journaledStart = log.Segments.Start;
    }

    /// <param name="offsets">Of records that were removed one by one, ascending.</param>
    public void RecordRemoved(SortedSet<long> offsets) => journal.Deleted(offsets);

    /// <summary>The log is about to lose its end. On the device when it returns.</summary>
    /// <returns>What is true afterwards.</returns>
    public JournalState RecordCut(long end)
    {
        journal.Truncated(end);
        journal.Sync();
        var state = new JournalState { Start = Math.Min(log.Segments.Start, end), AppliedIndex = _appliedIndex, LastEpoch = LastEpoch };
        state.Dead.UnionWith(log.Segments.DeadOffsets().Where(offset => offset < end));
        return state;
    }

    /// <returns>False where the start cannot be brought to the device.</returns>
    public bool TrySyncStart()
    {
        try
        {
            RecordStartIfMoved();
            journal.Sync();
            return true;
        }
        catch (StorageException error)
        {
            log.ReportPassing(SegmentNames.Journal, error.Message);
            return false;
        }
    }

    /// <summary>Once a round of retention: records what was not recorded yet, and writes a journal anew that is mostly history. Where the disk refuses, the next round does it.</summary>
    public void Tidy()
    {
        try
        {
            RecordStartIfMoved();
            if (journal.IsLong || _isStale)
                Rewrite();
        }
        catch (StorageException error)
        {
            log.ReportPassing(SegmentNames.Journal, error.Message);
        }
    }

    /// <summary>Writes the journal anew. Where the disk refuses, the next round of retention does it.</summary>
    public void TryRewrite()
    {
        try
        {
            Rewrite();
        }
        catch (StorageException error)
        {
            _isStale = true;
            log.ReportPassing(SegmentNames.Journal, error.Message);
        }
    }

    /// <summary>The log is being closed: everything is in the journal, on the device. A log without such facts gets none.</summary>
    public void Complete()
    {
        if (journal.Slot is not null || log.Segments.Start != _journaledStart || _appliedIndex > 0)
            Rewrite();
    }

    private void RecordStartIfMoved()
    {
        if (log.Segments.Start != _journaledStart)
            RecordStart();
    }

    private void Rewrite()
    {
        journal.Rewrite(log.Segments.Start, _appliedIndex, LastEpoch, log.Segments.DeadOffsets());
        _isStale = false;
    }
}

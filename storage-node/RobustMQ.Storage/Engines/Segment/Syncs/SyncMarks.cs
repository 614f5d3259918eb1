using RobustMQ.Storage.Engines.Segment.Files;

namespace RobustMQ.Storage.Engines.Segment.Syncs;

/// <summary>How far a log is on the device: by segment, of its journal, and of the names in its directory. Any thread.</summary>
internal sealed class SyncMarks(SegmentLog log, LogJournal journal)
{
    private bool _namesChanged;

    public bool IsBehind
    {
        get
        {
            lock (log.Lock)
                return _namesChanged || journal.IsDirty || log.Segments.Files.Exists(static segment => segment.SyncedBytes < segment.Bytes);
        }
    }

    /// <summary>The directory has other names than the device knows of. Under the log's lock.</summary>
    public void OnNamesChanged() => _namesChanged = true;

    /// <summary>What is not on the device, to be brought there.</summary>
    /// <exception cref="Records.StorageException">A file cannot be opened.</exception>
    public DirtyLog Collect()
    {
        var dirty = new DirtyLog(log);
        try
        {
            lock (log.Lock)
            {
                foreach (var segment in log.Segments.Files)
                {
                    if (segment.SyncedBytes < segment.Bytes)
                        dirty.Add(segment, log.Store.Files.Use(segment.Slot));
                }
                if (journal is { IsDirty: true, Slot: { } slot })
                    dirty.AddJournal(slot, log.Store.Files.Use(slot), journal.Bytes);
                dirty.NamesChanged = _namesChanged;
                _namesChanged = false;
            }
        }
        catch
        {
            dirty.Dispose();
            throw;
        }
        return dirty;
    }

    /// <summary>Nothing was tried: the log is as far behind as before.</summary>
    public void MarkUntouched(DirtyLog dirty)
    {
        lock (log.Lock)
            _namesChanged |= dirty.NamesChanged;
    }

    public void MarkSynced(DirtyLog dirty)
    {
        lock (log.Lock)
        {
            foreach (var (segment, _, bytes) in dirty.Segments)
                segment.SyncedBytes = Math.Max(segment.SyncedBytes, bytes);
            if (dirty.Journal is { } synced)
                journal.Synced(synced, dirty.JournalBytes);
        }
    }
}

using RobustMQ.Records;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Engines.Segment.Syncs;

/// <summary>
/// Group commit over all logs of a directory: while one round of syncing runs, everybody else who wants to be durable gathers for the next, and each round costs a few fsyncs or, for
/// more files, one call for the whole file system.
/// </summary>
internal sealed class SyncGroup(IStorageDirectory root, int syncFilesMax, SegmentIo io)
{
    private readonly Lock _lock = new();
    private Round? _gathering;
    private bool _isRunning;

    /// <summary>Completes when everything that the log had written before the call is on the device.</summary>
    /// <exception cref="StorageException">A file could not be opened to be synced; nothing is lost by that, and a later call may do it.</exception>
    public async Task SyncAsync(SegmentLog log)
    {
        Round round;
        lock (_lock)
        {
            round = _gathering ??= new Round();
            round.Logs.Add(log);
            if (!_isRunning)
            {
                _isRunning = true;
                ThreadPool.UnsafeQueueUserWorkItem(static group => group.Run(), this, preferLocal: false);
            }
        }
        await round.Completion.Task.ConfigureAwait(false);
        if (round.Unreached?.GetValueOrDefault(log) is { } refusal)
            throw new StorageException(refusal.Code, refusal.Message, refusal);
    }

    private void Run()
    {
        while (true)
        {
            Round round;
            lock (_lock)
            {
                if (_gathering is null)
                {
                    _isRunning = false;
                    return;
                }
                round = _gathering;
                _gathering = null;
            }
            Sync(round);
        }
    }

    private void Sync(Round round)
    {
        var dirty = new List<DirtyLog>(round.Logs.Count);
        try
        {
            foreach (var log in round.Logs)
                Collect(log, round, dirty);
            Sync(dirty, round);
        }
        catch (Exception error)
        {
            foreach (var log in round.Logs)
                log.Fail(error);
        }
        finally
        {
            foreach (var log in dirty)
                log.Dispose();
        }
        round.Completion.SetResult();
    }

    private static void Collect(SegmentLog log, Round round, List<DirtyLog> dirty)
    {
        try
        {
            dirty.Add(log.SyncMarks.Collect());
        }
        catch (StorageException refusal)
        {
            Unreached(log, round, refusal);
        }
    }

    private static void Unreached(SegmentLog log, Round round, StorageException refusal)
    {
        (round.Unreached ??= []).Add(log, refusal);
        log.ReportPassing(log.Directory.Path, $"cannot be synced: {refusal.Message}");
    }

    private void Sync(List<DirtyLog> dirty, Round round)
    {
        var files = 0;
        foreach (var log in dirty)
            files += log.FileCount;
        if (files > syncFilesMax && TrySyncVolume())
        {
            io.Synced(1);
            foreach (var log in dirty)
                log.MarkSynced();
            return;
        }
        io.Synced(files);
        foreach (var log in dirty)
        {
            try
            {
                log.Sync();
            }
            catch (StorageException refusal) when (DiskErrors.IsUnopened(refusal))
            {
                log.Log.SyncMarks.MarkUntouched(log);
                Unreached(log.Log, round, refusal);
            }
            catch (StorageException error)
            {
                log.Log.Fail(error);
            }
        }
    }

    /// <summary>Where the file system cannot be opened as a whole, its files are synced one by one: they are open.</summary>
    private bool TrySyncVolume()
    {
        try
        {
            return root.TrySyncVolume();
        }
        catch (StorageException refusal) when (DiskErrors.IsUnopened(refusal))
        {
            return false;
        }
    }

    private sealed class Round
    {
        public HashSet<SegmentLog> Logs { get; } = [];

        public Dictionary<SegmentLog, StorageException>? Unreached { get; set; }

        public TaskCompletionSource Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

using RobustMQ.Records;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Engines.Segment;

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
    public Task SyncAsync(SegmentLog log)
    {
        Round round;
        lock (_lock)
        {
            round = _gathering ??= new Round();
            round.Logs.Add(log);
            if (_isRunning)
                return round.Completion.Task;
            _isRunning = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(static group => group.Run(), this, preferLocal: false);
        return round.Completion.Task;
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
                dirty.Add(log.CollectDirty());
            Sync(dirty);
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

    private void Sync(List<DirtyLog> dirty)
    {
        var files = 0;
        foreach (var log in dirty)
            files += log.FileCount;
        if (files > syncFilesMax && root.TrySyncVolume())
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
            catch (StorageException error)
            {
                log.Log.Fail(error);
            }
        }
    }

    private sealed class Round
    {
        public HashSet<SegmentLog> Logs { get; } = [];

        public TaskCompletionSource Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

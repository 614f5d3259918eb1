namespace RobustMQ.Storage.Engines.Segment;

/// <summary>Sealing, deleting and compacting, one after the other beside the logs, so that no append waits for them.</summary>
internal sealed class SegmentJobs(bool runsInPlace)
{
    private readonly Queue<Action> _jobs = new();
    private readonly Lock _lock = new();
    private Task _worker = Task.CompletedTask;
    private bool _isRunning;

    /// <param name="job">Handles its own failures.</param>
    public void Run(Action job)
    {
        if (runsInPlace)
        {
            job();
            return;
        }
        lock (_lock)
        {
            _jobs.Enqueue(job);
            if (_isRunning)
                return;
            _isRunning = true;
            _worker = Task.Run(Work);
        }
    }

    /// <summary>Completes when nothing is left to do.</summary>
    public Task SettleAsync()
    {
        lock (_lock)
            return _worker;
    }

    private void Work()
    {
        while (true)
        {
            Action job;
            lock (_lock)
            {
                if (!_jobs.TryDequeue(out job!))
                {
                    _isRunning = false;
                    return;
                }
            }
            job();
        }
    }
}

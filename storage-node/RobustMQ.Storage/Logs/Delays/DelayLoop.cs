using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Live;
using RobustMQ.Storage.Nodes;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Logs.Delays;

/// <summary>
/// Brings delayed records into their logs when they are due, in three durable steps: claim, deliver, settle. A crash between any two repeats the step with the same numbers, and the log leaves
/// out what it has. Sleeps until the next record is due.
/// </summary>
internal sealed partial class DelayLoop : IAsyncDisposable
{
    /// <summary>Logs of one round, which share its three syncs.</summary>
    private const int LogsMax = 256;

    /// <summary>A log that cannot take its records is asked again after this long.</summary>
    private const long RetryMs = 10_000;

    /// <summary>Longest sleep: clocks are set back and forth.</summary>
    private static readonly TimeSpan SleepMax = TimeSpan.FromMinutes(1);

    private readonly RocksDbDelays _delays;
    private readonly IReplicationGroup _group;
    private readonly LiveHub _live;
    private readonly StorageMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly ITimer _timer;
    private readonly Task _loop;
    private volatile bool _isStopping;

    public DelayLoop(RocksDbDelays delays, IReplicationGroup group, LiveHub live, StorageMetrics metrics, TimeProvider time, ILogger logger)
    {
        _delays = delays;
        _group = group;
        _live = live;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _timer = time.CreateTimer(static loop => ((DelayLoop)loop!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _loop = Task.Run(RunAsync);
        Wake();
    }

    /// <summary>Something was delayed.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        Wake();
        await _loop.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task RunAsync()
    {
        while (true)
        {
            await _wake.WaitAsync().ConfigureAwait(false);
            if (_isStopping)
                return;
            try
            {
                if (await ReleaseDueAsync().ConfigureAwait(false))
                {
                    SleepUntilNext();
                    continue;
                }
            }
            catch (StorageException error)
            {
                LogFailed(error);
            }
            _timer.Change(TimeSpan.FromMilliseconds(RetryMs), Timeout.InfiniteTimeSpan);
        }
    }

    private void SleepUntilNext()
    {
        var sleep = UntilNext();
        while (sleep > TimeSpan.Zero)
        {
            _timer.Change(sleep, Timeout.InfiniteTimeSpan);
            // The clock may have gone on before the timer was set.
            var left = UntilNext();
            if (left >= sleep)
                return;
            sleep = left;
        }
        Wake();
    }

    private TimeSpan UntilNext()
    {
        var nextMs = _delays.NextDueMs;
        var waitMs = nextMs - NowMs;
        return nextMs == long.MaxValue || waitMs > (long)SleepMax.TotalMilliseconds ? SleepMax : TimeSpan.FromMilliseconds(Math.Max(waitMs, 0));
    }

    /// <returns>False where something that is due could be neither delivered nor put off.</returns>
    private async Task<bool> ReleaseDueAsync()
    {
        var due = new List<LogId>();
        while (!_isStopping)
        {
            due.Clear();
            var nowMs = NowMs;
            _delays.FindDue(nowMs, LogsMax, due);
            if (due.Count == 0)
                return true;
            var claimed = await _group.ProposeAsync([.. due.Select(log => new ClaimDelayed(log, nowMs))]).ConfigureAwait(false);
            var rest = new List<Operation>();
            for (var i = due.Count - 1; i >= 0; i--)
            {
                // What is not claimed for certain must not be delivered: it might get other numbers later.
                if (claimed[i].Error == ErrorCode.None)
                    continue;
                Finish(due[i], claimed[i], nowMs, rest);
                due.RemoveAt(i);
            }
            var delivered = await _group.ProposeAsync([.. due.Select(log => new DeliverDelayed(log, nowMs, nowMs + RetryMs))]).ConfigureAwait(false);
            for (var i = 0; i < due.Count; i++)
                Finish(due[i], delivered[i], nowMs, rest);
            if (rest.Count == 0)
                continue;
            var results = await _group.ProposeAsync([.. rest]).ConfigureAwait(false);
            if (Array.Exists(results, result => result.Error != ErrorCode.None))
                return false;
        }
        return true;
    }

    private void Finish(LogId log, OperationResult outcome, long nowMs, List<Operation> rest)
    {
        if (outcome.Error == ErrorCode.NotFound)
        {
            rest.Add(new DropDelayed(log));
            return;
        }
        if (outcome.Error != ErrorCode.None || outcome.Value is not DelayedDelivery delivery)
        {
            LogPutOff(log, outcome.Error);
            rest.Add(new PostponeDelayed(log, nowMs + RetryMs));
            return;
        }
        foreach (var (batch, baseOffset) in delivery.Appended)
        {
            _metrics.Appended(batch);
            delivery.Partition!.Announce(batch, baseOffset);
            if (delivery.Partition.IsLiveTraffic)
                _live.Publish(delivery.Partition.Name, delivery.Partition.TopicSubject, batch, baseOffset, _group.Epoch, default);
        }
        if (!delivery.IsSettled)
            rest.Add(new SettleDelayed(log, delivery.Count, nowMs + RetryMs));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Delayed records of {Log} could not be delivered and wait: {Error}")]
    private partial void LogPutOff(LogId log, ErrorCode error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Delayed records cannot be looked up")]
    private partial void LogFailed(Exception error);
}

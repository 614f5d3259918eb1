using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Replication;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage.Logs;

/// <summary>
/// Applies retention from time to time: to every open log, and of an engine that knows what is due (<see cref="IDueLogs"/>) to the logs that are. Ends topics whose time is over, and
/// closes logs that nobody uses.
/// </summary>
internal sealed partial class RetentionLoop : IAsyncDisposable
{
    /// <summary>Time that consumers have to pass expired records on to their dead letters before they go.</summary>
    private const long PassOnMs = 60_000;

    /// <summary>Due logs that are looked for at once.</summary>
    private const int DueMax = 256;

    /// <summary>Rounds of that in one go: what is left waits for the next.</summary>
    private const int DueRoundsMax = 256;

    private readonly LogTable _logs;
    private readonly TopicCatalog _topics;
    private readonly IDueLogs[] _dueLogs;
    private readonly IReplicationGroup _group;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    public RetentionLoop(
        LogTable logs, TopicCatalog topics, IEnumerable<ILogEngine> engines, IReplicationGroup group, StorageOptions options, TimeProvider time, ILogger logger)
    {
        _logs = logs;
        _topics = topics;
        _dueLogs = [.. engines.OfType<IDueLogs>()];
        _group = group;
        _time = time;
        _logger = logger;
        _timer = new PeriodicTimer(options.RetentionInterval, time);
        _loop = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
            // A round of nothing tries again what could not be written.
            if (_group.Failure is not null)
                await _group.ProposeAsync().ConfigureAwait(false);
            await _topics.ExpireAsync(nowMs).ConfigureAwait(false);
            foreach (var partition in _logs.All)
            {
                if (partition.WantsRetention)
                    await RetainAsync(partition, nowMs).ConfigureAwait(false);
            }
            foreach (var engine in _dueLogs)
                await RetainDueAsync(engine, nowMs).ConfigureAwait(false);
            _logs.CloseIdle();
        }
    }

    private async Task RetainDueAsync(IDueLogs engine, long nowMs)
    {
        var due = new List<LogId>();
        for (var round = 0; round < DueRoundsMax; round++)
        {
            due.Clear();
            try
            {
                engine.FindDue(nowMs, DueMax, due);
            }
            catch (StorageException error)
            {
                LogDueFailed(error);
                return;
            }
            if (due.Count == 0)
                return;
            var retained = due.Select(log => new RetainLog(log, NowFor(_logs.FindOpen(log), nowMs))).ToArray();
            var results = await _group.ProposeAsync(retained).ConfigureAwait(false);
            // Logs that cannot be opened stay due, and those whose records are still passed on: they must not keep this busy.
            if (!retained.Where((retain, i) => retain.NowMs == nowMs && results[i].Error == ErrorCode.None).Any())
                return;
        }
    }

    private static long NowFor(LogPartition? partition, long nowMs) => partition?.Dispatch is { BuriesExpired: true } ? nowMs - PassOnMs : nowMs;

    private async Task RetainAsync(LogPartition partition, long nowMs)
    {
        try
        {
            if (partition.IsPersistent)
                await _group.ProposeOneAsync(new RetainLog(partition.Log.Id, NowFor(partition, nowMs))).ConfigureAwait(false);
            else
                partition.Retain(NowFor(partition, nowMs));
        }
        catch (Exception error)
        {
            LogFailed(partition.Name, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Retention of {Log} failed")]
    private partial void LogFailed(TopicPartition log, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Logs with something due cannot be found")]
    private partial void LogDueFailed(Exception error);
}

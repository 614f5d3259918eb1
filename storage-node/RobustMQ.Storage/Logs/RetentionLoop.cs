using Microsoft.Extensions.Logging;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Logs;

/// <summary>Applies retention to every log from time to time.</summary>
internal sealed partial class RetentionLoop : IAsyncDisposable
{
    private readonly LogTable _logs;
    private readonly IReplicationGroup _group;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    public RetentionLoop(LogTable logs, IReplicationGroup group, StorageOptions options, TimeProvider time, ILogger logger)
    {
        _logs = logs;
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
            foreach (var partition in _logs.All)
                await RetainAsync(partition, nowMs).ConfigureAwait(false);
        }
    }

    private async Task RetainAsync(LogPartition partition, long nowMs)
    {
        try
        {
            if (partition.IsPersistent)
                await _group.ProposeOneAsync(new RetainLog(partition.Log.Id, nowMs)).ConfigureAwait(false);
            else
                partition.Retain(nowMs);
        }
        catch (Exception error)
        {
            LogFailed(partition.Name, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Retention of {Log} failed")]
    private partial void LogFailed(Records.TopicPartition log, Exception error);
}

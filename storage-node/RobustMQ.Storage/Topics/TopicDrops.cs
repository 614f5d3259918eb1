using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs.Delays;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Topics;

/// <summary>
/// Removes from disk what is left of topics that are gone, some at a time and beside everything else. Which these are is written down with the deletion itself, so what a crash interrupts the next
/// start finishes.
/// </summary>
internal sealed partial class TopicDrops : IAsyncDisposable
{
    /// <summary>Topics whose logs are removed together: one sync and one change of the metadata serve them.</summary>
    private const int AtOnceMax = 256;

    private readonly Channel<DroppedRecord> _waiting = Channel.CreateUnbounded<DroppedRecord>(new UnboundedChannelOptions { SingleReader = true });
    private readonly IReadOnlyDictionary<EngineKind, ILogEngine> _engines;
    private readonly IReplicationGroup _group;
    private readonly ILogger _logger;
    private readonly Task _loop;
    private int _count;

    public TopicDrops(IReadOnlyDictionary<EngineKind, ILogEngine> engines, IReplicationGroup group, ILogger logger)
    {
        _engines = engines;
        _group = group;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Topics of which something may be left.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The topic's logs are closed.</summary>
    public void Add(DroppedRecord dropped)
    {
        Interlocked.Increment(ref _count);
        _waiting.Writer.TryWrite(dropped);
    }

    /// <summary>Stops behind what is under way; the rest waits for the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        while (_waiting.Reader.TryRead(out _))
        {
        }
        await _loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var some = new List<DroppedRecord>();
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            some.Clear();
            while (some.Count < AtOnceMax && _waiting.Reader.TryRead(out var dropped))
                some.Add(dropped);
            var delayed = some.SelectMany(dropped => Enumerable.Range(0, dropped.Partitions).Select(i => new DropDelayed(new LogId(dropped.TopicId, i))));
            await _group.ProposeAsync([.. delayed]).ConfigureAwait(false);
            var gone = await Task.WhenAll(some.Select(DropAsync)).ConfigureAwait(false);
            Guid[] forgotten = [.. some.Where((_, i) => gone[i]).Select(dropped => dropped.TopicId)];
            if (forgotten.Length > 0)
                await _group.ProposeOneAsync(new ForgetDropped(forgotten)).ConfigureAwait(false);
            Interlocked.Add(ref _count, -forgotten.Length);
        }
    }

    private async Task<bool> DropAsync(DroppedRecord dropped)
    {
        try
        {
            if (!_engines.TryGetValue(dropped.Engine, out var engine))
                return false;
            for (var i = 0; i < dropped.Partitions; i++)
                await engine.DeleteAsync(new LogId(dropped.TopicId, i)).ConfigureAwait(false);
            return true;
        }
        catch (Exception error)
        {
            // It stays written down, and the next start tries again.
            LogNotDropped(dropped.TopicId, error);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The logs of topic {Topic}, which is gone, could not be removed")]
    private partial void LogNotDropped(Guid topic, Exception error);
}

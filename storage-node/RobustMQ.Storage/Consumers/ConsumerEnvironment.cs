using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Consumers.Delivery;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage.Consumers;

/// <summary>What all consumers of a node share.</summary>
internal sealed class ConsumerEnvironment(
    LogTable logs, TopicCatalog topics, ConsumerJournal journal, StorageOptions options, ConsumerMetrics metrics, TimeProvider time, ILogger logger)
{
    private const int SpareAssemblersMax = 16;

    private readonly ConcurrentBag<DeliveryAssembler> _assemblers = [];

    public LogTable Logs { get; } = logs;

    public TopicCatalog Topics { get; } = topics;

    public ConsumerJournal Journal { get; } = journal;

    public StorageOptions Options { get; } = options;

    public ConsumerMetrics Metrics { get; } = metrics;

    public TimeProvider Time { get; } = time;

    public ILogger Logger { get; } = logger;

    public ConsumerClock Clock { get; } = new(time);

    /// <summary>Appends a dead letter as any caller would. Set before the first consumer works.</summary>
    public Func<AppendRequest, ValueTask<AppendResult>> AppendAsync { get; set; } = null!;

    /// <summary>Ends a consumer that nobody has used for too long.</summary>
    public Action<Consumer> Expire { get; set; } = null!;

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public DeliveryAssembler RentAssembler() => _assemblers.TryTake(out var spare) ? spare : new DeliveryAssembler();

    public void Return(DeliveryAssembler assembler)
    {
        if (_assemblers.Count < SpareAssemblersMax)
            _assemblers.Add(assembler);
        else
            assembler.Dispose();
    }
}

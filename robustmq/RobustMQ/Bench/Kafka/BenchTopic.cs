using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace RobustMQ.Bench.Kafka;

/// <summary>A topic of one run, gone after it.</summary>
internal sealed class BenchTopic : IAsyncDisposable
{
    private const string DurabilityConfig = "robustmq.durability";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IAdminClient _admin;

    private BenchTopic(IAdminClient admin, string name, int partitions) => (_admin, Name, Partitions) = (admin, name, partitions);

    public string Name { get; }

    public int Partitions { get; }

    public static async Task<BenchTopic> CreateAsync(string server, KafkaScenario scenario)
    {
        var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = server }).SetLogHandler(static (_, _) => { }).Build();
        var topic = new BenchTopic(admin, $"bench-{Guid.NewGuid():N}", scenario.Partitions);
        try
        {
            var specification = new TopicSpecification { Name = topic.Name, NumPartitions = scenario.Partitions, ReplicationFactor = 1, Configs = [] };
            if (scenario.Durability.Length > 0)
                specification.Configs.Add(DurabilityConfig, scenario.Durability);
            await admin.CreateTopicsAsync([specification], new CreateTopicsOptions { RequestTimeout = Patience, OperationTimeout = Patience }).ConfigureAwait(false);
            return topic;
        }
        catch
        {
            admin.Dispose();
            throw;
        }
    }

    /// <summary>Records that the broker has, by the ends of its partitions.</summary>
    public async Task<long> CountAsync()
    {
        var logs = Enumerable.Range(0, Partitions).Select(partition => new TopicPartition(Name, partition)).ToList();
        var ends = await _admin.ListOffsetsAsync(logs.Select(static log => new TopicPartitionOffsetSpec { TopicPartition = log, OffsetSpec = OffsetSpec.Latest() }),
            new ListOffsetsOptions { RequestTimeout = Patience }).ConfigureAwait(false);
        return ends.ResultInfos.Sum(static end => end.TopicPartitionOffsetError.Offset.Value);
    }

    public async ValueTask DisposeAsync()
    {
        await _admin.DeleteTopicsAsync([Name]).ConfigureAwait(false);
        _admin.Dispose();
    }
}

using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>The newer group protocol (KIP-848) through librdkafka.</summary>
public sealed class ConsumerGroupTests : IAsyncLifetime
{
    private const string Topic = "newer";
    private const int Partitions = 4;

    private static readonly string[] Flags =
        ["--kafka:lease", "1s", "--kafka:group:consumer_heartbeat", "100ms", "--kafka:group:consumer_session_timeout", "2s", "--kafka:group:min_session_timeout", "100ms"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private KafkaCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(2, Flags);
        using var admin = _cluster.Admin();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = Partitions, ReplicationFactor = 1 }]);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_group_shares_commits_and_goes_on_where_it_was_after_a_restart_of_everything()
    {
        for (var partition = 0; partition < Partitions; partition++)
            await ProduceAsync(partition, 10);
        var first = new Share(Member("newer"));
        using (var second = new Share(Member("newer")))
        {
            Share.PollUntil(() => first.Count == 2 && second.Count == 2, first, second);
            Assert.Empty(first.Partitions.Intersect(second.Partitions));
            first.Dispose();
            Share.PollUntil(() => second.Count == Partitions, second);
            second.Consumer.Commit(Enumerable.Range(0, Partitions).Select(static partition => new TopicPartitionOffset(Topic, partition, 7)));
        }
        await _cluster.RestartAsync(2, Flags);
        using var again = Member("newer");
        var read = new List<int>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (read.Count < Partitions * 3)
        {
            try
            {
                read.Add((int)again.Consume(limit.Token).Offset.Value);
            }
            catch (ConsumeException error) when (error.Error.Code == ErrorCode.NotCoordinatorForGroup)
            {
                // The gateways are still dividing the groups among them; the client tells it and asks again.
            }
        }
        Assert.Equal(Enumerable.Repeat(new[] { 7, 8, 9 }, Partitions).SelectMany(static offsets => offsets).Order(), read.Order());
    }

    [Fact]
    public void A_member_commits_what_it_has_read_in_a_transaction_or_not_at_all()
    {
        using var member = new Share(Member("transacted"));
        Share.PollUntil(() => member.Count == Partitions, member);
        using var producer = _cluster.Producer(static config => config.TransactionalId = "of a member");
        producer.InitTransactions(Patience);
        foreach (var isCommit in new[] { false, true })
        {
            producer.BeginTransaction();
            producer.SendOffsetsToTransaction([new TopicPartitionOffset(Topic, 0, 5)], member.Consumer.ConsumerGroupMetadata, Patience);
            if (isCommit)
                producer.CommitTransaction(Patience);
            else
                producer.AbortTransaction(Patience);
            Assert.Equal(isCommit ? new Offset(5) : Offset.Unset, member.Consumer.Committed([new(Topic, 0)], Patience)[0].Offset);
        }
    }

    [Fact]
    public async Task An_administrator_sees_the_members_and_that_the_group_is_of_the_newer_kind()
    {
        using var member = new Share(Member("seen"));
        Share.PollUntil(() => member.Count == Partitions, member);
        using var admin = _cluster.Admin();
        await Eventually.TrueAsync(
            async () => (await admin.ListConsumerGroupsAsync()).Valid.Exists(static group => group is { GroupId: "seen", State: ConsumerGroupState.Stable }), "the group is listed");
        await Eventually.TrueAsync(
            async () => (await admin.DescribeConsumerGroupsAsync(["seen"])).ConsumerGroupDescriptions is [{ State: ConsumerGroupState.Stable, Members: [var only] }]
                && only.Assignment.TopicPartitions.Count == Partitions,
            "the group is described");
    }

    [Fact]
    public async Task A_subscription_by_expression_finds_topics_that_come_later()
    {
        using var consumer = _cluster.Consumer(static config => (config.GroupId, config.GroupProtocol, config.EnablePartitionEof, config.TopicMetadataRefreshIntervalMs) = ("matches", GroupProtocol.Consumer, false, 500));
        consumer.Subscribe("^later-.*");
        using var member = new Share(consumer);
        using var admin = _cluster.Admin();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "later-one", NumPartitions = 3, ReplicationFactor = 1 }]);
        Share.PollUntil(() => member.Count == 3, member);
    }

    [Fact]
    public async Task A_group_goes_on_with_the_gateway_that_is_left()
    {
        var members = Enumerable.Range(0, 3).Select(index => new Share(Member($"left-{index}"))).ToList();
        Share.PollUntil(() => members.TrueForAll(static member => member.Count == Partitions), [.. members]);
        await _cluster.KillGatewayAsync(_cluster.Gateways[0]);
        for (var partition = 0; partition < Partitions; partition++)
            await ProduceAsync(partition, 1);
        foreach (var member in members)
        {
            var read = new HashSet<int>();
            for (var until = DateTime.UtcNow + TimeSpan.FromSeconds(60); read.Count < Partitions;)
            {
                Assert.True(DateTime.UtcNow < until, $"{read.Count} of {Partitions} partitions");
                if (member.Consumer.Consume(500) is { } result)
                    read.Add(result.Partition.Value);
            }
            member.Dispose();
        }
    }

    private IConsumer<byte[], byte[]> Member(string group)
    {
        var consumer = _cluster.Consumer(config => (config.GroupId, config.GroupProtocol, config.EnablePartitionEof, config.ReconnectBackoffMaxMs) = (group, GroupProtocol.Consumer, false, 500));
        consumer.Subscribe(Topic);
        return consumer;
    }

    private async Task ProduceAsync(int partition, int count)
    {
        using var producer = _cluster.Producer();
        for (var i = 0; i < count; i++)
            await producer.ProduceAsync(new TopicPartition(Topic, partition), new Message<byte[], byte[]> { Value = Bytes($"{i}") });
    }
}

using Confluent.Kafka;
using Confluent.Kafka.Admin;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Consumer groups through librdkafka: who reads what, how far they are, and what an administrator sees of them.</summary>
public sealed class GroupTests : IAsyncLifetime
{
    private const string Topic = "shared";
    private const int Partitions = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private KafkaCluster _cluster = null!;
    private IAdminClient _admin = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(1, "--kafka:group:min_session_timeout", "100ms");
        _admin = _cluster.Admin();
        await _admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = Partitions, ReplicationFactor = 1 }]);
    }

    public async Task DisposeAsync()
    {
        _admin.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_group_goes_on_where_it_has_committed_also_after_a_restart_of_everything()
    {
        await ProduceAsync(partition: 0, from: 0, count: 10);
        using (var reader = Member("resumes"))
        {
            var read = Take(reader, 4);
            Assert.Equal(["0", "1", "2", "3"], read.Select(static result => Text(result.Message.Value)));
            reader.Commit(read[^1]);
            reader.Close();
        }
        await _cluster.RestartAsync();
        using (var reader = Member("resumes"))
        {
            Assert.Equal(4, Assert.Single(reader.Committed([new TopicPartition(Topic, 0)], Patience)).Offset.Value);
            Assert.Equal(["4", "5"], Take(reader, 2).Select(static result => Text(result.Message.Value)));
            reader.Close();
        }
    }

    [Fact]
    public async Task Each_member_reads_its_share_and_takes_over_that_of_one_who_leaves()
    {
        var first = new Share(Member("shares"));
        using var second = new Share(Member("shares"));
        Share.PollUntil(() => first.Count == 2 && second.Count == 2, first, second);
        Assert.Empty(first.Partitions.Intersect(second.Partitions));

        first.Dispose();
        Share.PollUntil(() => second.Count == Partitions, second);
        for (var partition = 0; partition < Partitions; partition++)
            await ProduceAsync(partition, from: partition, count: 1);
        Assert.Equal(["0", "1", "2", "3"], Take(second.Consumer, Partitions).Select(static result => Text(result.Message.Value)).Order());
    }

    [Fact]
    public void A_member_that_falls_silent_loses_its_share()
    {
        var silent = new Share(Member("silent", static config => (config.SessionTimeoutMs, config.HeartbeatIntervalMs, config.MaxPollIntervalMs) = (3_000, 200, 3_000)));
        using var alive = new Share(Member("silent"));
        Share.PollUntil(() => silent.Count == 2 && alive.Count == 2, silent, alive);
        // It no longer polls: librdkafka leaves the group after the poll interval, without the application's help.
        Share.PollUntil(() => alive.Count == Partitions, alive);
        silent.Dispose();
    }

    [Fact]
    public void A_cooperative_rebalance_takes_only_what_moves()
    {
        static void Cooperative(ConsumerConfig config) => config.PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky;
        using var first = new Share(Member("cooperative", Cooperative), isIncremental: true);
        Share.PollUntil(() => first.Count == Partitions, first);
        using var second = new Share(Member("cooperative", Cooperative), isIncremental: true);
        Share.PollUntil(() => first.Count == 2 && second.Count == 2, first, second);
        Assert.Equal(Partitions - 2, first.Revoked);
        Assert.Empty(first.Partitions.Intersect(second.Partitions));
    }

    [Fact]
    public void A_static_member_that_was_started_again_keeps_its_share_and_nobody_else_notices()
    {
        static void Static(ConsumerConfig config, string instance) => (config.GroupInstanceId, config.SessionTimeoutMs) = (instance, 30_000);
        using var stays = new Share(Member("static", config => Static(config, "stays")));
        var goes = new Share(Member("static", config => Static(config, "goes")));
        Share.PollUntil(() => stays.Count == 2 && goes.Count == 2, stays, goes);
        var share = goes.Partitions.ToHashSet();
        var rebalances = stays.Rebalances;

        // A static member leaves without a word.
        goes.Dispose();
        using var again = new Share(Member("static", config => Static(config, "goes")));
        Share.PollUntil(() => again.Count == 2, stays, again);
        Assert.Equal(share, again.Partitions.ToHashSet());
        Assert.Equal(rebalances, stays.Rebalances);
    }

    [Fact]
    public void The_second_of_two_with_one_instance_id_fences_the_first()
    {
        var errors = new List<ErrorCode>();
        static void Static(ConsumerConfig config) => (config.GroupInstanceId, config.HeartbeatIntervalMs) = ("one", 100);
        using var first = Member("fenced", Static, (_, error) => errors.Add(error.Code));
        for (var until = DateTime.UtcNow + Patience; first.Assignment.Count < Partitions;)
        {
            Assert.True(DateTime.UtcNow < until, "the first has its share");
            first.Consume(10);
        }
        using var second = new Share(Member("fenced", Static));
        Share.PollUntil(() => second.Count == Partitions, second);
        for (var until = DateTime.UtcNow + Patience; !errors.Contains(ErrorCode.FencedInstanceId) && DateTime.UtcNow < until;)
        {
            try
            {
                first.Consume(10);
            }
            catch (ConsumeException error)
            {
                errors.Add(error.Error.Code);
            }
        }
        Assert.Contains(ErrorCode.FencedInstanceId, errors);
    }

    [Fact]
    public async Task An_administrator_sees_groups_and_their_members_and_removes_those_without()
    {
        using (var member = new Share(Member("seen")))
        {
            Share.PollUntil(() => member.Count == Partitions, member);
            Assert.Contains((await _admin.ListConsumerGroupsAsync()).Valid, static group => group is { GroupId: "seen", State: ConsumerGroupState.Stable });
            var described = Assert.Single((await _admin.DescribeConsumerGroupsAsync(["seen"])).ConsumerGroupDescriptions);
            Assert.Equal(ConsumerGroupState.Stable, described.State);
            Assert.Equal(Partitions, Assert.Single(described.Members).Assignment.TopicPartitions.Count);
            var refusal = await Assert.ThrowsAsync<DeleteGroupsException>(() => _admin.DeleteGroupsAsync(["seen"]));
            Assert.Equal(ErrorCode.NonEmptyGroup, refusal.Results[0].Error.Code);
            member.Consumer.Commit([new TopicPartitionOffset(Topic, 0, 1)]);
        }
        Assert.Equal(ConsumerGroupState.Empty, Assert.Single((await _admin.DescribeConsumerGroupsAsync(["seen"])).ConsumerGroupDescriptions).State);
        await _admin.DeleteGroupsAsync(["seen"]);
        Assert.DoesNotContain((await _admin.ListConsumerGroupsAsync()).Valid, static group => group.GroupId == "seen");
        var gone = await Assert.ThrowsAsync<DeleteGroupsException>(() => _admin.DeleteGroupsAsync(["seen"]));
        Assert.Equal(ErrorCode.GroupIdNotFound, gone.Results[0].Error.Code);
    }

    [Fact]
    public async Task An_administrator_sets_lists_and_forgets_offsets()
    {
        var offsets = Enumerable.Range(0, Partitions).Select(static partition => new TopicPartitionOffset(Topic, partition, 10 + partition)).ToList();
        await _admin.AlterConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitionOffsets("set", offsets)]);
        Assert.Equal([10, 11, 12, 13], await OffsetsOfAsync("set"));
        await _admin.DeleteConsumerGroupOffsetsAsync("set", [new TopicPartition(Topic, 1), new TopicPartition(Topic, 2)]);
        Assert.Equal([10, 13], await OffsetsOfAsync("set"));
    }

    [Fact]
    public async Task Offsets_of_a_topic_that_a_member_reads_are_not_forgotten_nor_set_from_outside()
    {
        using var member = new Share(Member("busy"));
        Share.PollUntil(() => member.Count == Partitions, member);
        var forget = await Assert.ThrowsAsync<DeleteConsumerGroupOffsetsException>(() => _admin.DeleteConsumerGroupOffsetsAsync("busy", [new TopicPartition(Topic, 0)]));
        Assert.Equal(ErrorCode.GroupSubscribedToTopic, Assert.Single(forget.Result.Partitions).Error.Code);
        var set = await Assert.ThrowsAsync<AlterConsumerGroupOffsetsException>(
            () => _admin.AlterConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitionOffsets("busy", [new TopicPartitionOffset(Topic, 0, 3)])]));
        Assert.Equal(ErrorCode.UnknownMemberId, set.Results[0].Partitions[0].Error.Code);
    }

    private async Task<IEnumerable<long>> OffsetsOfAsync(string group)
    {
        var listed = await _admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, null)]);
        return listed[0].Partitions.OrderBy(static partition => partition.Partition.Value).Select(static partition => partition.Offset.Value);
    }

    private IConsumer<byte[], byte[]> Member(string group, Action<ConsumerConfig>? configure = null, Action<IConsumer<byte[], byte[]>, Error>? onError = null)
    {
        var consumer = _cluster.Consumer(
            config =>
            {
                (config.GroupId, config.EnablePartitionEof, config.HeartbeatIntervalMs) = (group, false, 200);
                configure?.Invoke(config);
            },
            onError);
        consumer.Subscribe(Topic);
        return consumer;
    }

    private async Task ProduceAsync(int partition, int from, int count)
    {
        using var producer = _cluster.Producer();
        for (var i = from; i < from + count; i++)
            await producer.ProduceAsync(new TopicPartition(Topic, partition), new Message<byte[], byte[]> { Value = Bytes($"{i}") });
    }

    private static List<ConsumeResult<byte[], byte[]>> Take(IConsumer<byte[], byte[]> reader, int count)
    {
        var taken = new List<ConsumeResult<byte[], byte[]>>();
        while (taken.Count < count)
        {
            var result = reader.Consume(Patience);
            Assert.NotNull(result);
            taken.Add(result);
        }
        return taken;
    }
}

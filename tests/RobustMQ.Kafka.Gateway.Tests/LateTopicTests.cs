using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Topics that were made through another gateway, and of which the watch of this one has yet to tell.</summary>
public sealed class LateTopicTests : IAsyncLifetime
{
    private const string Topic = "late";
    private const short ProduceVersion = 9;

    private KafkaCluster _cluster = null!;
    private RawClient _client = null!;
    private LateTopics _topics = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(0);
        await _cluster.AddGatewayAsync(storage => _topics = new LateTopics(storage));
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_batch_for_one_is_stored()
    {
        _topics.HoldWatch();
        await MakeAsync();
        Assert.Equal((KafkaError.None, 0L), await ProduceAsync(sequence: 0));
        Assert.Equal((KafkaError.None, 1L), await ProduceAsync(sequence: 1));
        Assert.Equal([Topic], _topics.Asked);
    }

    [Fact]
    public async Task So_is_one_for_a_partition_that_is_new()
    {
        await MakeAsync();
        Assert.Equal((KafkaError.None, 0L), await ProduceAsync(sequence: 0));
        _topics.HoldWatch();
        Assert.Equal(ErrorCode.None, (await _topics.UpdateAsync(Spec(partitions: 3))).Error);
        Assert.Equal((KafkaError.None, 0L), await ProduceAsync(sequence: 0, partition: 2));
        Assert.Equal(KafkaError.UnknownTopicOrPartition, (await ProduceAsync(sequence: 0, partition: 3)).Error);
    }

    [Fact]
    public async Task Batches_that_follow_wait_for_the_one_whose_topic_is_looked_up()
    {
        _topics.HoldWatch();
        _topics.HoldAnswers();
        await MakeAsync();
        await _client.SendAsync(Request(sequence: 0), ProduceVersion);
        await Eventually.TrueAsync(() => _topics.Asked.Count == 1, "the topic is looked up");
        // Now the topic is known, and the second batch could be served.
        _topics.LetWatchGo();
        using var other = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await Eventually.TrueAsync(async () => await DescribeAsync(other) == KafkaError.None, "the watch has told of it");
        await _client.SendAsync(Request(sequence: 1), ProduceVersion);
        for (var time = 0; time < 20; time++)
            Assert.Equal(KafkaError.None, await DescribeAsync(other));
        _topics.LetAnswersGo();
        Assert.Equal((KafkaError.None, 0L), Outcome(await _client.ReceiveAsync<ProduceRequest, ProduceResponse>(ProduceVersion)));
        Assert.Equal((KafkaError.None, 1L), Outcome(await _client.ReceiveAsync<ProduceRequest, ProduceResponse>(ProduceVersion)));
    }

    [Fact]
    public async Task It_becomes_part_of_a_transaction()
    {
        InitProducerIdResponse producer = null!;
        await Eventually.TrueAsync(
            async () => (producer = await _client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(
                new() { TransactionalId = "id", TransactionTimeoutMs = 30_000, ProducerId = -1, ProducerEpoch = -1 }, 4)).Error == KafkaError.None,
            "there is a coordinator");
        _topics.HoldWatch();
        await MakeAsync(partitions: 2);
        var add = new AddPartitionsToTxnRequest
        {
            TransactionalId = "id",
            ProducerId = producer.ProducerId,
            ProducerEpoch = producer.ProducerEpoch,
            Topics = [new() { Name = Topic, Partitions = [0, 1] }],
        };
        var added = await _client.AskAsync<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(add, 3);
        Assert.Equal([KafkaError.None, KafkaError.None], Assert.Single(added.Topics).Partitions.Select(static partition => partition.Error));
    }

    [Fact]
    public async Task What_nobody_made_is_not_there_and_neither_is_anything_while_the_storage_is_away()
    {
        Assert.Equal(KafkaError.UnknownTopicOrPartition, (await ProduceAsync(sequence: 0)).Error);
        _topics.HoldWatch();
        await MakeAsync();
        _topics.IsAway = true;
        Assert.Equal(KafkaError.UnknownTopicOrPartition, (await ProduceAsync(sequence: 0)).Error);
        _topics.IsAway = false;
        Assert.Equal((KafkaError.None, 0L), await ProduceAsync(sequence: 0));
    }

    [Fact]
    public async Task A_request_has_so_many_looked_up_and_no_more()
    {
        var names = Enumerable.Range(0, 100).Select(static number => $"none-{number}").ToList();
        var produced = await _client.AskAsync<ProduceRequest, ProduceResponse>(
            new() { Acks = -1, TimeoutMs = 1_000, Topics = [.. names.Select(static name => new ProduceRequest.Topic { Name = name, Partitions = [new() { Records = Batch(0) }] })] }, ProduceVersion);
        Assert.All(produced.Topics, static topic => Assert.Equal(KafkaError.UnknownTopicOrPartition, topic.Partitions[0].Error));
        Assert.Equal(names.Take(64).Order(), _topics.Asked.Order());
    }

    [Fact]
    public async Task A_look_up_that_nobody_answers_does_not_keep_a_gateway_from_stopping()
    {
        _topics.HoldAnswers();
        await _client.SendAsync(Request(sequence: 0), ProduceVersion);
        await Eventually.TrueAsync(() => _topics.Asked.Count == 1, "the topic is looked up");
        await _cluster.StopGatewayAsync(_cluster.Gateways[0]);
    }

    [Fact]
    public async Task Nothing_is_looked_up_for_who_may_not_write_to_it()
    {
        await _cluster.KillGatewayAsync(_cluster.Gateways[0]);
        await _cluster.AddGatewayAsync(
            storage => _topics = new LateTopics(storage),
            "--auth:users:0:name", "ann", "--auth:users:0:password", "secret", "--auth:users:0:permissions:publish", "own", "--auth:users:0:permissions:subscribe", "own");
        using var client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "PLAIN" }, 1);
        Assert.Equal(KafkaError.None, (await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { Message = "\0ann\0secret"u8.ToArray() }, 2)).Error);
        Assert.Equal(KafkaError.TopicAuthorizationFailed, Outcome(await client.AskAsync<ProduceRequest, ProduceResponse>(Request(sequence: 0), ProduceVersion)).Error);
        var add = new AddPartitionsToTxnRequest { TransactionalId = "own", Topics = [new() { Name = Topic, Partitions = [0] }] };
        var added = await client.AskAsync<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(add, 3);
        Assert.Equal(KafkaError.TopicAuthorizationFailed, added.Topics[0].Partitions[0].Error);
        Assert.Empty(_topics.Asked);
        var own = Request(sequence: 0, topic: "own");
        Assert.Equal(KafkaError.UnknownTopicOrPartition, Outcome(await client.AskAsync<ProduceRequest, ProduceResponse>(own, ProduceVersion)).Error);
        Assert.Equal(["own"], _topics.Asked);
    }

    private async Task MakeAsync(int partitions = 1) => Assert.Equal(ErrorCode.None, (await _cluster.Storage.Topics.CreateAsync(Spec(partitions))).Error);

    private static TopicSpec Spec(int partitions) => new() { Namespace = Namespace.Default, Name = TopicName.Parse(Topic), Engine = EngineKind.Segment, Partitions = partitions };

    private static async Task<KafkaError> DescribeAsync(RawClient client) =>
        Assert.Single((await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = Topic }], AllowAutoTopicCreation = false }, 9)).Topics).Error;

    private async Task<(KafkaError Error, long Offset)> ProduceAsync(int sequence, int partition = 0) =>
        Outcome(await _client.AskAsync<ProduceRequest, ProduceResponse>(Request(sequence, partition), ProduceVersion));

    private static (KafkaError Error, long Offset) Outcome(ProduceResponse response)
    {
        var partition = Assert.Single(Assert.Single(response.Topics).Partitions);
        return (partition.Error, partition.BaseOffset);
    }

    private static ProduceRequest Request(int sequence, int partition = 0, string topic = Topic) =>
        new() { Acks = -1, TimeoutMs = 1_000, Topics = [new() { Name = topic, Partitions = [new() { Index = partition, Records = Batch(sequence) }] }] };

    private static byte[] Batch(int sequence)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1_000, RecordAttributes.None, "key"u8, "value"u8);
        return builder.Build(new ProducerState(4_711, 0, sequence)).ToArray();
    }
}

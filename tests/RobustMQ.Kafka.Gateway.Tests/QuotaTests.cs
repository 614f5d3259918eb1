using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Kafka.Protocol.Wire;
using RobustMQ.Records.Batches;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Who takes more than its share is served and told to hold back; who is one too many is not served.</summary>
public sealed class QuotaTests
{
    [Fact]
    public async Task A_producer_beyond_its_rate_is_told_how_long_to_hold_back()
    {
        await using var cluster = await KafkaCluster.StartAsync(1, "--kafka:quota:produce", "100KiB");
        using var client = await RawClient.ConnectAsync(cluster.Gateways[0]);
        await client.AskAsync<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [new() { Name = "fast" }], AllowAutoTopicCreation = true }, 9);
        // One second's worth is saved up; what goes beyond it takes its time.
        Assert.Equal(0, (await ProduceAsync(client, 50 << 10)).ThrottleMs);
        var answer = await ProduceAsync(client, 500 << 10);
        Assert.Equal(KafkaError.None, answer.Topics[0].Partitions[0].Error);
        Assert.InRange(answer.ThrottleMs, 1, 5_000);
    }

    [Fact]
    public async Task Requests_beyond_their_rate_count_whatever_they_are()
    {
        await using var cluster = await KafkaCluster.StartAsync(1, "--kafka:quota:requests", "1");
        using var client = await RawClient.ConnectAsync(cluster.Gateways[0]);
        await client.AskAsync<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [new() { Name = "fast" }], AllowAutoTopicCreation = true }, 9);
        // One is saved up and was spent on the question for the topic.
        for (var asked = 1; (await ProduceAsync(client, 10)).ThrottleMs == 0; asked++)
            Assert.True(asked < 20, "nothing holds the client back");
    }

    [Fact]
    public async Task Every_answer_tells_a_client_that_asks_too_often_to_hold_back()
    {
        await using var cluster = await KafkaCluster.StartAsync(1, "--kafka:quota:requests", "2");
        using var client = await RawClient.ConnectAsync(cluster.Gateways[0]);
        // Who is not told would take the broker's silence for its end.
        await ThrottledAsync<MetadataRequest, MetadataResponse>(client, 9);
        await ThrottledAsync<HeartbeatRequest, HeartbeatResponse>(client, 4);
        await ThrottledAsync<FetchRequest, FetchResponse>(client, 11);
        await ThrottledAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(client, 1);
        await ThrottledAsync<ApiVersionsRequest, ApiVersionsResponse>(client, 2);
    }

    private static async Task ThrottledAsync<TRequest, TResponse>(RawClient client, short version)
        where TRequest : IKafkaRequest, new()
        where TResponse : ThrottledResponse, IWireItem, new()
    {
        for (var asked = 1; (await client.AskAsync<TRequest, TResponse>(new TRequest(), version)).ThrottleMs == 0; asked++)
            Assert.True(asked < 5, $"{typeof(TResponse).Name} does not tell");
    }

    [Fact]
    public async Task A_reader_beyond_its_rate_is_told_how_long_to_hold_back()
    {
        await using var cluster = await KafkaCluster.StartAsync(1, "--kafka:quota:fetch", "100KiB");
        using var client = await RawClient.ConnectAsync(cluster.Gateways[0]);
        await client.AskAsync<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [new() { Name = "fast" }], AllowAutoTopicCreation = true }, 9);
        await ProduceAsync(client, 300 << 10);
        var request = new FetchRequest { MaxBytes = 1 << 20, SessionEpoch = -1, Topics = [new() { Name = "fast", Partitions = [new() { FetchOffset = 0, MaxBytes = 1 << 20, CurrentLeaderEpoch = -1 }] }] };
        var answer = await client.AskAsync<FetchRequest, FetchResponse>(request, 11);
        Assert.True(answer.Topics[0].Partitions[0].Records is { Length: > 300 << 10 });
        Assert.InRange(answer.ThrottleMs, 1, 5_000);
    }

    [Fact]
    public async Task A_connection_beyond_the_limit_is_closed_and_the_others_stay()
    {
        await using var cluster = await KafkaCluster.StartAsync(1, "--kafka:max_connections", "1");
        using var first = await RawClient.ConnectAsync(cluster.Gateways[0]);
        await first.AskAsync<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [new() { Name = "fast" }], AllowAutoTopicCreation = true }, 9);
        using var second = await RawClient.ConnectAsync(cluster.Gateways[0]);
        Assert.Null(await second.ReceiveAsync());
        Assert.Equal(KafkaError.None, (await ProduceAsync(first, 10)).Topics[0].Partitions[0].Error);
    }

    private static async Task<ProduceResponse> ProduceAsync(RawClient client, int bytes)
    {
        using var batch = new RecordBatchBuilder();
        batch.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), default, default, new byte[bytes]);
        var request = new ProduceRequest { Acks = 1, TimeoutMs = 1000, Topics = [new() { Name = "fast", Partitions = [new() { Index = 0, Records = batch.Build().ToArray() }] }] };
        return await client.AskAsync<ProduceRequest, ProduceResponse>(request, 9);
    }
}

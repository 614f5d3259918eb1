using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records.Batches;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Places in a log that clients name by times before 0, each from the version on that knows it, and who may ask.</summary>
public sealed class ListOffsetsTests : IAsyncLifetime
{
    private const string Topic = "listed";
    private const long Latest = -1;
    private const long Earliest = -2;
    private const long MaxTimestamp = -3;
    private const long EarliestLocal = -4;
    private const long LatestTiered = -5;

    private KafkaCluster _cluster = null!;
    private RawClient _client = null!;
    private int _epoch;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync();
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        var described = await _client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = Topic }], AllowAutoTopicCreation = true }, 9);
        _epoch = described.Topics[0].Partitions[0].LeaderEpoch;
        using var batch = new RecordBatchBuilder();
        batch.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), default, default, "value"u8);
        var produce = new ProduceRequest { Acks = -1, TimeoutMs = 1_000, Topics = [new() { Name = Topic, Partitions = [new() { Records = batch.Build().ToArray() }] }] };
        Assert.Equal(KafkaError.None, (await _client.AskAsync<ProduceRequest, ProduceResponse>(produce, 9)).Topics[0].Partitions[0].Error);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData(Latest, 1, 1)]
    [InlineData(Earliest, 1, 0)]
    [InlineData(MaxTimestamp, 7, 0)]
    [InlineData(EarliestLocal, 8, 0)]
    [InlineData(LatestTiered, 9, -1)]
    public async Task A_place_is_known_from_its_version_on(long timestamp, short from, long offset)
    {
        Assert.Equal((KafkaError.None, offset), await AskAsync(timestamp, from));
        Assert.Equal((KafkaError.None, offset), await AskAsync(timestamp, 9));
        if (from > 1)
            Assert.Equal((KafkaError.UnsupportedVersion, -1), await AskAsync(timestamp, (short)(from - 1)));
    }

    [Fact]
    public async Task A_place_that_nobody_has_named_is_of_a_version_to_come() => Assert.Equal((KafkaError.UnsupportedVersion, -1), await AskAsync(-6, 9));

    [Fact]
    public async Task Who_knows_of_another_leader_looks_for_the_one_there_is()
    {
        Assert.Equal((KafkaError.None, 1), await AskAsync(Latest, 9, _epoch));
        Assert.Equal((KafkaError.FencedLeaderEpoch, -1), await AskAsync(Latest, 9, _epoch - 1));
        Assert.Equal((KafkaError.UnknownLeaderEpoch, -1), await AskAsync(Latest, 9, _epoch + 1));
    }

    private async Task<(KafkaError Error, long Offset)> AskAsync(long timestamp, short version, int epoch = -1)
    {
        var request = new ListOffsetsRequest { Topics = [new() { Name = Topic, Partitions = [new() { TimestampMs = timestamp, CurrentLeaderEpoch = epoch }] }] };
        var told = (await _client.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(request, version)).Topics[0].Partitions[0];
        return (told.Error, told.Offset);
    }
}

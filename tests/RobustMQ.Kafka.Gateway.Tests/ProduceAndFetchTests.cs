using Confluent.Kafka;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>What librdkafka writes it reads back.</summary>
public sealed class ProduceAndFetchTests : IAsyncLifetime
{
    /// <summary>Records of long ago would age out.</summary>
    private static readonly long SentMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private KafkaCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await KafkaCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_record_comes_back_with_key_value_headers_and_timestamp()
    {
        using var producer = _cluster.Producer();
        var sent = new Message<byte[], byte[]>
        {
            Key = Bytes("a key"),
            Value = Bytes("a value"),
            Timestamp = new Timestamp(SentMs, TimestampType.CreateTime),
            Headers = new Headers { { "one", Bytes("1") }, { "none", null }, { "one", Bytes("again") } },
        };
        var stored = await producer.ProduceAsync("orders", sent);
        Assert.Equal(PersistenceStatus.Persisted, stored.Status);
        Assert.Equal(0, stored.Offset.Value);

        var read = Assert.Single(_cluster.ReadAll("orders"));
        Assert.Equal("a key", Text(read.Message.Key));
        Assert.Equal("a value", Text(read.Message.Value));
        Assert.Equal(SentMs, read.Message.Timestamp.UnixTimestampMs);
        Assert.Equal(["one=1", "none=(null)", "one=again"], read.Message.Headers.Select(static header => $"{header.Key}={Text(header.GetValueBytes())}"));
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void Batches_of_every_codec_come_back_in_order(CompressionType codec)
    {
        using (var producer = _cluster.Producer(config => (config.CompressionType, config.LingerMs) = (codec, 20)))
        {
            for (var i = 0; i < 2_000; i++)
                producer.Produce("numbers", new Message<byte[], byte[]> { Value = Bytes($"number {i} of many that look alike") });
            producer.Flush(TimeSpan.FromSeconds(20));
        }
        Assert.Equal(Enumerable.Range(0, 2_000).Select(static i => $"number {i} of many that look alike"), _cluster.ReadAll("numbers").Select(static read => Text(read.Message.Value)));
    }

    [Theory]
    [InlineData(Acks.None)]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.All)]
    public void Every_level_of_acknowledgement_stores(Acks acks)
    {
        using (var producer = _cluster.Producer(config => config.Acks = acks))
        {
            for (var i = 0; i < 100; i++)
                producer.Produce("levels", new Message<byte[], byte[]> { Value = Bytes($"{i}") });
            producer.Flush(TimeSpan.FromSeconds(20));
        }
        using var consumer = _cluster.Consumer();
        consumer.Assign(new TopicPartitionOffset("levels", 0, 0));
        for (var i = 0; i < 100;)
        {
            var result = consumer.Consume(TimeSpan.FromSeconds(20));
            Assert.NotNull(result);
            if (!result.IsPartitionEOF)
                Assert.Equal($"{i++}", Text(result.Message.Value));
        }
    }

    [Fact]
    public async Task An_idempotent_producer_stores_each_record_once_and_in_order()
    {
        using var producer = _cluster.Producer(config => (config.EnableIdempotence, config.MaxInFlight) = (true, 5));
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => producer.ProduceAsync("once", new Message<byte[], byte[]> { Value = Bytes($"{i}") })));
        Assert.Equal(Enumerable.Range(0, 1_000).Select(static i => $"{i}"), _cluster.ReadAll("once").Select(static read => Text(read.Message.Value)));
    }

    [Fact]
    public async Task A_large_record_goes_through_and_one_too_large_is_refused_in_kafkas_words()
    {
        using var producer = _cluster.Producer(config => config.MessageMaxBytes = 64 << 20);
        var large = new byte[5 << 20];
        new Random(1).NextBytes(large);
        await producer.ProduceAsync("large", new Message<byte[], byte[]> { Value = large });
        Assert.Equal(large, Assert.Single(_cluster.ReadAll("large")).Message.Value);
        var refusal = await Assert.ThrowsAsync<ProduceException<byte[], byte[]>>(
            () => producer.ProduceAsync("large", new Message<byte[], byte[]> { Value = new byte[20 << 20] }));
        Assert.Equal(ErrorCode.MsgSizeTooLarge, refusal.Error.Code);
    }

    [Fact]
    public async Task Offsets_are_found_by_time_and_at_both_ends()
    {
        using var producer = _cluster.Producer();
        for (var i = 0; i < 10; i++)
            await producer.ProduceAsync("times", new Message<byte[], byte[]> { Value = Bytes($"{i}"), Timestamp = new Timestamp(SentMs + i * 1_000, TimestampType.CreateTime) });
        using var consumer = _cluster.Consumer();
        var log = new TopicPartition("times", 0);
        var ends = consumer.QueryWatermarkOffsets(log, TimeSpan.FromSeconds(20));
        Assert.Equal((0, 10), (ends.Low.Value, ends.High.Value));
        var found = consumer.OffsetsForTimes([new TopicPartitionTimestamp(log, new Timestamp(SentMs + 4_500, TimestampType.CreateTime))], TimeSpan.FromSeconds(20));
        Assert.Equal(5, Assert.Single(found).Offset.Value);
    }

    [Fact]
    public async Task A_waiting_fetch_is_answered_as_soon_as_a_record_comes()
    {
        using var producer = _cluster.Producer();
        await producer.ProduceAsync("wait", new Message<byte[], byte[]> { Value = Bytes("first") });
        using var consumer = _cluster.Consumer(config => (config.FetchWaitMaxMs, config.EnablePartitionEof) = (20_000, false));
        consumer.Assign(new TopicPartitionOffset("wait", 0, 1));
        Assert.Null(consumer.Consume(TimeSpan.FromMilliseconds(300)));
        await producer.ProduceAsync("wait", new Message<byte[], byte[]> { Value = Bytes("second") });
        Assert.Equal("second", Text(consumer.Consume(TimeSpan.FromSeconds(10))?.Message.Value));
    }
}

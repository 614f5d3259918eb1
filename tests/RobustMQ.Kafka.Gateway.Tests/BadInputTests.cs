using System.Buffers.Binary;
using RobustMQ.Kafka.Gateway.Records;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records.Batches;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>What no client should send, and what it is answered.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private const string Topic = "bad";
    private const short ProduceVersion = 9;

    private KafkaCluster _cluster = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(1, "--kafka:max_request", "1MiB", "--kafka:group:min_session_timeout", "100ms");
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await _client.AskAsync<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [new() { Name = Topic }], AllowAutoTopicCreation = true }, 9);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData("7FFFFFFF0012")]
    [InlineData("00100001")]
    [InlineData("FFFFFFFF")]
    [InlineData("00000000")]
    [InlineData("000000020012")]
    public async Task A_frame_of_an_impossible_length_ends_the_connection_and_no_other(string hex)
    {
        using var other = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await other.SendAsync(Convert.FromHexString(hex));
        Assert.Null(await other.ReceiveAsync());
        Assert.Equal(0, (await ProduceAsync(Batch("still served"))).BaseOffset);
    }

    [Theory]
    [InlineData(ApiKey.Metadata, 99)]
    [InlineData(ApiKey.Produce, -1)]
    [InlineData((ApiKey)999, 0)]
    public async Task An_api_or_version_that_is_not_served_ends_the_connection(ApiKey key, short version)
    {
        var frame = new byte[14];
        BinaryPrimitives.WriteInt32BigEndian(frame, 10);
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(4), (short)key);
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(6), version);
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(12), -1);
        await _client.SendAsync(frame);
        Assert.Null(await _client.ReceiveAsync());
    }

    [Fact]
    public async Task An_unknown_version_of_the_question_for_versions_is_answered_in_the_oldest()
    {
        await _client.SendAsync(Convert.FromHexString("0000000A00120063000000010000"));
        var answer = await _client.ReceiveAsync();
        Assert.NotNull(answer);
        Assert.Equal((short)KafkaError.UnsupportedVersion, BinaryPrimitives.ReadInt16BigEndian(answer.AsSpan(4)));
    }

    [Theory]
    [InlineData("FFFFFFFE")]
    [InlineData("7FFFFFFF")]
    public async Task An_array_of_an_impossible_length_ends_the_connection(string length)
    {
        // Metadata 1: the header of a nameless client, then the number of topics.
        await _client.SendAsync(Convert.FromHexString($"0000000E0003000100000001FFFF{length}"));
        Assert.Null(await _client.ReceiveAsync());
    }

    [Fact]
    public async Task A_batch_whose_checksum_is_wrong_is_refused()
    {
        var batch = Batch("x");
        batch[^1] ^= 1;
        Assert.Equal(KafkaError.CorruptMessage, (await ProduceAsync(batch)).Error);
    }

    [Theory]
    [InlineData(0, KafkaError.UnsupportedForMessageFormat)]
    [InlineData(1, KafkaError.UnsupportedForMessageFormat)]
    [InlineData(3, KafkaError.CorruptMessage)]
    public async Task A_batch_of_another_format_is_refused(byte magic, KafkaError error)
    {
        var batch = Batch("x");
        batch[16] = magic;
        Assert.Equal(error, (await ProduceAsync(batch)).Error);
    }

    [Fact]
    public async Task A_batch_that_is_cut_empty_or_double_is_refused()
    {
        var batch = Batch("x");
        Assert.Equal(KafkaError.CorruptMessage, (await ProduceAsync([])).Error);
        Assert.Equal(KafkaError.CorruptMessage, (await ProduceAsync(batch[..^1])).Error);
        Assert.Equal(KafkaError.InvalidRecord, (await ProduceAsync([.. batch, .. batch])).Error);
    }

    [Fact]
    public async Task Control_batches_and_transactional_ones_without_an_id_are_refused()
    {
        Assert.Equal(KafkaError.InvalidRecord, (await ProduceAsync(WithAttributes(Batch("x"), RecordBatchHeader.ControlFlag))).Error);
        Assert.Equal(KafkaError.TransactionalIdAuthorizationFailed, (await ProduceAsync(WithAttributes(Batch("x"), RecordBatchHeader.TransactionalFlag))).Error);
    }

    [Fact]
    public async Task A_batch_larger_than_the_topic_allows_is_refused()
    {
        await _client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(
            new CreateTopicsRequest { Topics = [new() { Name = "narrow", Partitions = 1, ReplicationFactor = 1, Configs = [new() { Name = "max.message.bytes", Value = "1000" }] }] }, 5);
        Assert.Equal(KafkaError.MessageTooLarge, (await ProduceAsync(Batch(new string('x', 2_000)), topic: "narrow")).Error);
    }

    [Fact]
    public async Task Records_that_claim_a_subject_are_refused()
    {
        using var batch = new RecordBatchBuilder();
        batch.Append(Now, RecordAttributes.KeyIsSubject, Bytes("not.mine"), Bytes("x"));
        Assert.Equal(KafkaError.InvalidRecord, (await ProduceAsync(batch.Build().ToArray())).Error);
    }

    [Fact]
    public async Task A_decompression_bomb_is_stored_unopened_by_whoever_may_publish_anything()
    {
        // 16 MiB of zeros in a few bytes: nobody opens it here, and a reader gets what it was.
        var bomb = Compressed(new byte[16 << 20]);
        Assert.True(bomb.Length < 100_000);
        Assert.Equal(KafkaError.None, (await ProduceAsync(bomb)).Error);
    }

    [Fact]
    public void A_decompression_bomb_of_whoever_may_not_is_given_up_at_a_bound()
    {
        var bomb = Compressed(new byte[65 << 20]);
        Assert.True(bomb.Length < 100_000);
        Assert.Equal(KafkaError.CorruptMessage, ProducedBatch.Check(bomb, ProduceVersion, isRestricted: true).Error);
        Assert.Equal(KafkaError.None, ProducedBatch.Check(Compressed(new byte[1 << 20]), ProduceVersion, isRestricted: true).Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_compacted_topic_refuses_records_without_keys_and_says_which(bool isCompressed)
    {
        await _client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(
            new CreateTopicsRequest { Topics = [new() { Name = "kept", Partitions = 1, ReplicationFactor = 1, Configs = [new() { Name = "cleanup.policy", Value = "compact" }] }] }, 5);
        using var batch = new RecordBatchBuilder();
        foreach (var key in new[] { "a", "b" })
        {
            batch.Append(Now, default, Bytes(key), Bytes("x"));
            batch.AppendKeyless(Now, Bytes("x"), default, 0);
        }
        var plain = batch.Build().ToArray();
        var refused = await ProduceAsync(isCompressed ? Gzipped(plain) : plain, topic: "kept");
        Assert.Equal(KafkaError.InvalidRecord, refused.Error);
        Assert.Equal([1, 3], refused.RecordErrors.Select(static record => record.BatchIndex));
        Assert.Equal(KafkaError.None, (await ProduceAsync(Batch("not compacted"))).Error);
    }

    [Fact]
    public void A_claim_to_a_subject_is_found_behind_other_records_and_in_compressed_ones()
    {
        using var batch = new RecordBatchBuilder();
        for (var record = 0; record < 100; record++)
            batch.Append(Now, record == 73 ? RecordAttributes.KeyIsSubject : default, Bytes("not.mine"), new byte[record * 3]);
        var plain = batch.Build().ToArray();
        Assert.Equal(KafkaError.InvalidRecord, ProducedBatch.Check(plain, ProduceVersion, isRestricted: false).Error);
        Assert.Equal(KafkaError.InvalidRecord, ProducedBatch.Check(Gzipped(plain), ProduceVersion, isRestricted: true).Error);
    }

    [Fact]
    public async Task Sequences_that_leave_a_gap_are_refused_and_repeats_are_stored_once()
    {
        var producer = await _client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new InitProducerIdRequest { TransactionTimeoutMs = 1000 }, 4);
        Assert.Equal(0, (await ProduceAsync(Sequenced(producer, 0))).BaseOffset);
        Assert.Equal(KafkaError.OutOfOrderSequenceNumber, (await ProduceAsync(Sequenced(producer, 2))).Error);
        Assert.Equal(1, (await ProduceAsync(Sequenced(producer, 1))).BaseOffset);
        var repeat = await ProduceAsync(Sequenced(producer, 1));
        Assert.Equal((KafkaError.None, 1L), (repeat.Error, repeat.BaseOffset));
        Assert.Equal(2, (await OffsetAsync(-1)).Offset);
    }

    [Fact]
    public async Task An_epoch_that_has_been_overtaken_is_fenced()
    {
        var first = await _client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new InitProducerIdRequest { TransactionTimeoutMs = 1000 }, 4);
        var second = await _client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(
            new InitProducerIdRequest { TransactionTimeoutMs = 1000, ProducerId = first.ProducerId, ProducerEpoch = first.ProducerEpoch }, 4);
        Assert.Equal(first.ProducerId, second.ProducerId);
        Assert.Equal(KafkaError.None, (await ProduceAsync(Sequenced(second, 0))).Error);
        Assert.Equal(KafkaError.InvalidProducerEpoch, (await ProduceAsync(Sequenced(first, 0))).Error);
    }

    [Fact]
    public async Task Topics_and_partitions_that_are_not_there_are_named_so()
    {
        Assert.Equal(KafkaError.UnknownTopicOrPartition, (await ProduceAsync(Batch("x"), topic: "absent")).Error);
        Assert.Equal(KafkaError.UnknownTopicOrPartition, (await ProduceAsync(Batch("x"), partition: 1)).Error);
        Assert.Equal(KafkaError.UnknownTopicOrPartition, (await ProduceAsync(Batch("x"), partition: -1)).Error);
        Assert.Equal(KafkaError.InvalidRequiredAcks, (await ProduceAsync(Batch("x"), acks: 2)).Error);
        Assert.Equal(KafkaError.UnknownTopicOrPartition, (await FetchAsync(offset: 0, partition: 7)).Error);
    }

    [Fact]
    public async Task A_fetch_beyond_the_end_or_of_a_wrong_leader_epoch_is_refused()
    {
        await ProduceAsync(Batch("x"));
        Assert.Equal(KafkaError.OffsetOutOfRange, (await FetchAsync(offset: 9)).Error);
        Assert.Equal(KafkaError.UnknownLeaderEpoch, (await FetchAsync(offset: 0, leaderEpoch: 1_000_000)).Error);
        Assert.Equal(KafkaError.FencedLeaderEpoch, (await FetchAsync(offset: 0, leaderEpoch: 0)).Error);
    }

    [Fact]
    public async Task A_fetch_session_that_is_not_there_is_refused() =>
        Assert.Equal(KafkaError.FetchSessionIdNotFound, (await _client.AskAsync<FetchRequest, FetchResponse>(new FetchRequest { SessionId = 99, SessionEpoch = 3, MaxBytes = 100 }, 11)).Error);

    [Fact]
    public async Task A_topic_of_more_partitions_than_there_can_be_is_refused()
    {
        var answer = await _client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(
            new CreateTopicsRequest { Topics = [new() { Name = "wide", Partitions = 2_000_000_000, ReplicationFactor = 1 }] }, 5);
        Assert.NotEqual(KafkaError.None, answer.Topics[0].Error);
    }

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private static byte[] Batch(string value)
    {
        using var batch = new RecordBatchBuilder();
        batch.Append(Now, default, default, Bytes(value));
        return batch.Build().ToArray();
    }

    private static byte[] Sequenced(InitProducerIdResponse producer, int sequence)
    {
        using var batch = new RecordBatchBuilder();
        batch.Append(Now, default, default, Bytes($"{sequence}"));
        return batch.Build(new ProducerState(producer.ProducerId, producer.ProducerEpoch, sequence)).ToArray();
    }

    /// <summary>One record as gzip carries it.</summary>
    private static byte[] Compressed(byte[] value)
    {
        using var batch = new RecordBatchBuilder();
        batch.Append(Now, default, default, value);
        return Gzipped(batch.Build().ToArray());
    }

    private static byte[] Gzipped(byte[] plain)
    {
        using var packed = new MemoryStream();
        packed.Write(plain, 0, RecordBatchHeader.Size);
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(plain.AsSpan(RecordBatchHeader.Size));
        return WithAttributes(packed.ToArray(), (int)Compression.Gzip);
    }

    /// <summary>The batch with attributes, and length and checksum as they then are.</summary>
    private static byte[] WithAttributes(byte[] batch, int attributes)
    {
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(21), (short)attributes);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - 12);
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(17), Crc32C.Compute(batch.AsSpan(RecordBatchHeader.CrcCoveredFrom)));
        return batch;
    }

    private async Task<ProduceResponse.Partition> ProduceAsync(byte[] batch, string topic = Topic, int partition = 0, short acks = -1)
    {
        var request = new ProduceRequest { Acks = acks, TimeoutMs = 1000, Topics = [new() { Name = topic, Partitions = [new() { Index = partition, Records = batch }] }] };
        return (await _client.AskAsync<ProduceRequest, ProduceResponse>(request, ProduceVersion)).Topics[0].Partitions[0];
    }

    private async Task<FetchResponse.Partition> FetchAsync(long offset, int partition = 0, int leaderEpoch = -1)
    {
        var request = new FetchRequest
        {
            MaxBytes = 1 << 20,
            SessionEpoch = -1,
            Topics = [new() { Name = Topic, Partitions = [new() { Index = partition, FetchOffset = offset, MaxBytes = 1 << 20, CurrentLeaderEpoch = leaderEpoch }] }],
        };
        return (await _client.AskAsync<FetchRequest, FetchResponse>(request, 11)).Topics[0].Partitions[0];
    }

    private async Task<ListOffsetsResponse.Partition> OffsetAsync(long time)
    {
        var request = new ListOffsetsRequest { Topics = [new() { Name = Topic, Partitions = [new() { Index = 0, TimestampMs = time }] }] };
        return (await _client.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(request, 5)).Topics[0].Partitions[0];
    }
}

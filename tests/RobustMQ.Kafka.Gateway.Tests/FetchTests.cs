using System.Buffers.Binary;
using RobustMQ.Kafka.Gateway.Records;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>What a fetch is answered, byte for byte: sessions, limits, and what was produced.</summary>
public sealed class FetchTests : IAsyncLifetime
{
    private const string Topic = "fetched";
    private const short Version = 11;

    /// <summary>Base offset, length and leader epoch lie before it: the first and the last of them are the broker's to write.</summary>
    private const int BrokersOwnUntil = 16;

    private KafkaCluster _cluster = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(1, "--kafka:partitions", "3");
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await _client.AskAsync<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [new() { Name = Topic }], AllowAutoTopicCreation = true }, 9);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData(Compression.None)]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Snappy)]
    [InlineData(Compression.Lz4)]
    [InlineData(Compression.Zstd)]
    public async Task What_was_produced_comes_back_as_the_same_bytes(Compression codec)
    {
        var small = Batch(10, codec);
        var large = Batch(100_000, codec);
        Assert.Equal(KafkaError.None, (await ProduceAsync(0, small)).Error);
        Assert.Equal(KafkaError.None, (await ProduceAsync(0, large)).Error);

        var records = Assert.Single(Told(await FetchAsync(-1, 0, [0]))).Records!.Value.ToArray();
        Assert.Equal(small.Length + large.Length, records.Length);
        Assert.Equal(small[BrokersOwnUntil..], records[BrokersOwnUntil..small.Length]);
        Assert.Equal(large[BrokersOwnUntil..], records[(small.Length + BrokersOwnUntil)..]);
        Assert.Equal(1, BinaryPrimitives.ReadInt64BigEndian(records.AsSpan(small.Length)));
    }

    [Fact]
    public async Task A_session_is_told_what_is_new_and_nothing_else()
    {
        var first = await FetchAsync(0, 0, [0, 1]);
        Assert.NotEqual(0, first.SessionId);
        Assert.Equal([0, 1], Told(first).Select(static partition => partition.Index));

        Assert.Empty(Told(await FetchAsync(1, first.SessionId, [])));
        await ProduceAsync(1, Batch(10));
        Assert.Equal(1, Assert.Single(Told(await FetchAsync(2, first.SessionId, []))).Index);

        // Where to go on is the client's to say; until it does the same records come again.
        Assert.Equal(1, Assert.Single(Told(await FetchAsync(3, first.SessionId, []))).Index);
        Assert.DoesNotContain(Told(await FetchAsync(4, first.SessionId, [1], offset: 1)), static partition => partition.Records is { Length: > 0 });
    }

    [Fact]
    public async Task A_session_forgets_what_it_is_told_to_forget()
    {
        var session = (await FetchAsync(0, 0, [0, 1])).SessionId;
        await ProduceAsync(0, Batch(10));
        await ProduceAsync(1, Batch(10));
        var request = Request(1, session, []);
        request.Forgotten = [new() { Name = Topic, Partitions = [1] }];
        var answer = await _client.AskAsync<FetchRequest, FetchResponse>(request, Version);
        Assert.Equal(0, Assert.Single(Told(answer)).Index);
    }

    [Fact]
    public async Task What_clients_do_not_take_leaves_the_others_one_batch_a_time_until_they_are_gone()
    {
        const int Batches = 24;
        await _cluster.AddGatewayAsync("--kafka:fetch_memory", "20MiB", "--kafka:idle_timeout", "2s");
        var batch = Batch(1 << 20);
        for (var count = 0; count < Batches; count++)
            await ProduceAsync(0, batch);
        using var silent = await RawClient.ConnectAsync(_cluster.Gateways[1]);
        await silent.SendAsync(RawClient.Frame(Request(-1, 0, [0], maxBytes: Batches << 21, partitionMaxBytes: Batches << 21), Version));

        // More than sockets take is held, until the one that takes nothing is taken for gone.
        using var other = await RawClient.ConnectAsync(_cluster.Gateways[1]);
        await Eventually.TrueAsync(async () => await GivenAsync() == 1, "there is no room for more than a batch");
        await Eventually.TrueAsync(async () => await GivenAsync() > 10, "there is room again");

        async Task<int> GivenAsync()
        {
            var request = Request(-1, 0, [0], maxBytes: Batches << 21, partitionMaxBytes: Batches << 21);
            var answer = await other.AskAsync<FetchRequest, FetchResponse>(request, Version);
            return Assert.Single(Told(answer)).Records!.Value.Length / batch.Length;
        }
    }

    [Fact]
    public async Task Whoever_finds_no_room_for_a_session_fetches_without_one()
    {
        await _cluster.AddGatewayAsync("--kafka:max_session_partitions", "3");
        using var first = await RawClient.ConnectAsync(_cluster.Gateways[1]);
        using var second = await RawClient.ConnectAsync(_cluster.Gateways[1]);
        await ProduceAsync(2, Batch(10));
        var session = (await FetchAsync(first, 0, 0, [0, 1])).SessionId;
        Assert.NotEqual(0, session);

        var without = await FetchAsync(second, 0, 0, [1, 2]);
        Assert.Equal((KafkaError.None, 0), (without.Error, without.SessionId));
        Assert.Equal([0, 10], Told(without).Select(static partition => Math.Min(partition.Records?.Length ?? 0, 10)));
        var small = (await FetchAsync(second, 0, 0, [2])).SessionId;
        Assert.NotEqual(0, small);

        // One that grows too large ends, and a client begins anew.
        Assert.Equal(KafkaError.FetchSessionIdNotFound, (await FetchAsync(first, 1, session, [2])).Error);
        Assert.NotEqual(0, (await FetchAsync(first, 0, 0, [0, 1])).SessionId);
        Assert.Equal(KafkaError.None, (await FetchAsync(second, 1, small, [])).Error);

        first.Dispose();
        using var third = await RawClient.ConnectAsync(_cluster.Gateways[1]);
        await Eventually.TrueAsync(async () => (await FetchAsync(third, 0, 0, [0, 1])).SessionId != 0, "what a connection had is free when it is gone");
    }

    [Fact]
    public async Task A_session_has_one_order_of_fetches_and_ends_when_it_is_said_to()
    {
        var session = (await FetchAsync(0, 0, [0])).SessionId;
        Assert.Equal(KafkaError.InvalidFetchSessionEpoch, (await FetchAsync(7, session, [])).Error);
        Assert.Equal(KafkaError.None, (await FetchAsync(1, session, [])).Error);
        Assert.Equal(KafkaError.None, (await FetchAsync(-1, session, [])).Error);
        Assert.Equal(KafkaError.FetchSessionIdNotFound, (await FetchAsync(2, session, [])).Error);
    }

    [Fact]
    public async Task The_end_of_a_session_is_answered_at_once()
    {
        // A client sends it when it closes, and waits for the answer.
        var request = Request(-1, (await FetchAsync(0, 0, [0])).SessionId, []);
        (request.MaxWaitMs, request.MinBytes) = (60_000, 1);
        Assert.Equal(KafkaError.None, (await _client.AskAsync<FetchRequest, FetchResponse>(request, Version)).Error);
    }

    [Fact]
    public async Task The_first_batch_is_given_however_large_and_the_next_only_where_it_fits()
    {
        var batch = Batch(10_000);
        await ProduceAsync(0, batch);
        await ProduceAsync(0, batch);
        await ProduceAsync(1, batch);

        var narrow = Told(await FetchAsync(-1, 0, [0, 1], maxBytes: 100));
        Assert.Equal([batch.Length, 0], narrow.Select(static partition => partition.Records?.Length ?? 0));
        Assert.Equal([2L, 1L], narrow.Select(static partition => partition.HighWatermark));

        var wider = Told(await FetchAsync(-1, 0, [0, 1], maxBytes: (batch.Length * 2) + 100));
        Assert.Equal([2 * batch.Length, 0], wider.Select(static partition => partition.Records?.Length ?? 0));

        var perPartition = Told(await FetchAsync(-1, 0, [0, 1], partitionMaxBytes: batch.Length + 100));
        Assert.Equal([batch.Length, batch.Length], perPartition.Select(static partition => partition.Records?.Length ?? 0));
    }

    [Fact]
    public async Task In_a_session_a_busy_partition_does_not_keep_the_others_waiting()
    {
        var batch = Batch(10_000);
        for (var partition = 0; partition < 3; partition++)
            await ProduceAsync(partition, batch);
        var answer = await FetchAsync(0, 0, [0, 1, 2], maxBytes: batch.Length);
        var given = new List<int>();
        for (var epoch = 1; given.Distinct().Count() < 3; epoch++)
        {
            Assert.True(epoch < 10, $"only {string.Join(',', given)} were given anything");
            given.Add(Assert.Single(Told(answer), static partition => partition.Records is { Length: > 0 }).Index);
            answer = await FetchAsync(epoch, answer.SessionId, [], maxBytes: batch.Length);
        }
    }

    [Fact]
    public async Task A_partition_that_is_wrong_is_told_at_once_beside_what_the_others_have()
    {
        await ProduceAsync(1, Batch(10));
        var request = Request(-1, 0, [99, 1, 0]);
        (request.MaxWaitMs, request.MinBytes) = (60_000, 1 << 20);
        request.Topics = [.. request.Topics, new() { Name = "absent", Partitions = [new() { MaxBytes = 1, CurrentLeaderEpoch = -1 }] }];
        var told = Told(await _client.AskAsync<FetchRequest, FetchResponse>(request, Version));
        Assert.Equal(
            [KafkaError.UnknownTopicOrPartition, KafkaError.None, KafkaError.None, KafkaError.UnknownTopicOrPartition], told.Select(static partition => partition.Error));
        Assert.Equal([-1L, 1, 0, -1], told.Select(static partition => partition.HighWatermark));
        Assert.True(told[1].Records is { Length: > 0 });
    }

    [Fact]
    public async Task A_fetch_that_waits_is_answered_by_whichever_partition_has_records_first()
    {
        using var waiting = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        var request = Request(-1, 0, [0, 1, 2]);
        (request.MaxWaitMs, request.MinBytes) = (60_000, 1);
        var fetch = waiting.AskAsync<FetchRequest, FetchResponse>(request, Version);
        await ProduceAsync(2, Batch(10));
        Assert.Equal([0, 0, 1], Told(await fetch).Select(static partition => Math.Min(1, partition.Records?.Length ?? 0)));
    }

    [Fact]
    public async Task Both_levels_of_isolation_see_the_same_where_there_are_no_transactions()
    {
        await ProduceAsync(0, Batch(10));
        foreach (sbyte level in new sbyte[] { 0, 1 })
        {
            var request = Request(-1, 0, [0]);
            request.IsolationLevel = level;
            var told = Assert.Single(Told(await _client.AskAsync<FetchRequest, FetchResponse>(request, Version)));
            Assert.Equal((1L, 1L), (told.HighWatermark, told.LastStableOffset));
            Assert.True(told.Records is { Length: > 0 });
        }
    }

    [Theory]
    [InlineData(ErrorCode.None, KafkaError.None)]
    [InlineData(ErrorCode.Cancelled, KafkaError.NotLeaderOrFollower)]
    [InlineData(ErrorCode.TimedOut, KafkaError.NotLeaderOrFollower)]
    [InlineData(ErrorCode.OffsetOutOfRange, KafkaError.OffsetOutOfRange)]
    public void A_read_that_was_given_up_sends_its_client_elsewhere_and_its_application_no_error(ErrorCode error, KafkaError told) => Assert.Equal(told, FetchHandler.ErrorOf(error));

    [Fact]
    public async Task The_end_of_an_epoch_is_found_after_a_restart()
    {
        await ProduceAsync(0, Batch(10));
        var epoch = await EpochAsync();
        await _cluster.RestartAsync();
        _client.Dispose();
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        var next = await EpochAsync();
        Assert.True(next > epoch);
        await ProduceAsync(0, Batch(10));

        Assert.Equal((KafkaError.None, epoch, 1L), await EndOfAsync(epoch));
        Assert.Equal((KafkaError.None, next, 2L), await EndOfAsync(next));
        Assert.Equal(KafkaError.FencedLeaderEpoch, (await EndOfAsync(epoch, currentEpoch: epoch)).Error);
        Assert.Equal(KafkaError.UnknownLeaderEpoch, (await EndOfAsync(epoch, currentEpoch: next + 1)).Error);
    }

    [Fact]
    public async Task An_epoch_of_which_nothing_is_left_ended_where_the_log_begins()
    {
        await ProduceAsync(0, Batch(10));
        await ProduceAsync(0, Batch(10));
        var epoch = await EpochAsync();
        await _cluster.RestartAsync();
        _client.Dispose();
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await ProduceAsync(0, Batch(10));
        var delete = new DeleteRecordsRequest { Topics = [new() { Name = Topic, Partitions = [new() { Index = 0, Offset = 2 }] }] };
        Assert.Equal(2, (await _client.AskAsync<DeleteRecordsRequest, DeleteRecordsResponse>(delete, 2)).Topics[0].Partitions[0].LowWatermark);

        // Whoever has read the two goes on at the third, and does not begin anew wherever it begins without an offset.
        Assert.Equal((KafkaError.None, epoch, 2L), await EndOfAsync(epoch));
        Assert.Equal((KafkaError.None, -1, -1L), await EndOfAsync(await EpochAsync() + 1));
        Assert.Equal((KafkaError.None, -1, -1L), await EndOfAsync(-1));
    }

    [Fact]
    public async Task Directories_tell_how_much_each_partition_holds()
    {
        var batch = Batch(10_000);
        await ProduceAsync(1, batch);
        var answer = await _client.AskAsync<DescribeLogDirsRequest, DescribeLogDirsResponse>(
            new DescribeLogDirsRequest { Topics = [new() { Name = Topic, Partitions = [0, 1, 99] }, new() { Name = "absent", Partitions = [0] }] }, 4);
        var topic = Assert.Single(Assert.Single(answer.Directories).Topics);
        Assert.Equal([(0, 0L), (1, (long)batch.Length)], topic.Partitions.Select(static partition => (partition.Index, partition.Bytes)));
    }

    private static byte[] Batch(int bytes, Compression codec = Compression.None)
    {
        using var batch = new RecordBatchBuilder();
        var value = new byte[bytes];
        new Random(bytes).NextBytes(value);
        batch.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), default, Bytes("key"), value);
        var built = batch.Build().ToArray();
        // Nobody opens it on its way: what claims to be compressed need not be.
        BinaryPrimitives.WriteInt16BigEndian(built.AsSpan(21), (short)codec);
        BinaryPrimitives.WriteUInt32BigEndian(built.AsSpan(17), Crc32C.Compute(built.AsSpan(RecordBatchHeader.CrcCoveredFrom)));
        return built;
    }

    private static List<FetchResponse.Partition> Told(FetchResponse answer) => [.. answer.Topics.SelectMany(static topic => topic.Partitions)];

    private static FetchRequest Request(int epoch, int session, int[] partitions, long offset = 0, int maxBytes = 1 << 20, int partitionMaxBytes = 1 << 20) => new()
    {
        MaxBytes = maxBytes,
        SessionId = session,
        SessionEpoch = epoch,
        Topics = partitions.Length == 0 ? [] : [new()
        {
            Name = Topic,
            Partitions = [.. partitions.Select(index => new FetchRequest.Partition { Index = index, FetchOffset = offset, MaxBytes = partitionMaxBytes, CurrentLeaderEpoch = -1 })],
        }],
    };

    private Task<FetchResponse> FetchAsync(
        int epoch, int session, int[] partitions, long offset = 0, int maxBytes = 1 << 20, int partitionMaxBytes = 1 << 20) =>
        _client.AskAsync<FetchRequest, FetchResponse>(Request(epoch, session, partitions, offset, maxBytes, partitionMaxBytes), Version);

    private static Task<FetchResponse> FetchAsync(RawClient client, int epoch, int session, int[] partitions) =>
        client.AskAsync<FetchRequest, FetchResponse>(Request(epoch, session, partitions), Version);

    private async Task<ProduceResponse.Partition> ProduceAsync(int partition, byte[] batch)
    {
        var request = new ProduceRequest { Acks = -1, TimeoutMs = 1000, Topics = [new() { Name = Topic, Partitions = [new() { Index = partition, Records = batch }] }] };
        return (await _client.AskAsync<ProduceRequest, ProduceResponse>(request, 9)).Topics[0].Partitions[0];
    }

    private async Task<int> EpochAsync()
    {
        var answer = await _client.AskAsync<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [new() { Name = Topic }] }, 9);
        return answer.Topics[0].Partitions[0].LeaderEpoch;
    }

    private async Task<(KafkaError Error, int Epoch, long End)> EndOfAsync(int epoch, int currentEpoch = -1)
    {
        var request = new OffsetForLeaderEpochRequest { Topics = [new() { Name = Topic, Partitions = [new() { Index = 0, CurrentLeaderEpoch = currentEpoch, LeaderEpoch = epoch }] }] };
        var told = (await _client.AskAsync<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(request, 4)).Topics[0].Partitions[0];
        return (told.Error, told.LeaderEpoch, told.EndOffset);
    }
}

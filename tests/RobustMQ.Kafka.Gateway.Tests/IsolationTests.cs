using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>What each level of isolation is told of a log with transactions, which are put into the storage as they are.</summary>
public sealed class IsolationTests : IAsyncLifetime
{
    private const string Topic = "isolated";
    private const long One = 7001;
    private const long Two = 7002;
    private const sbyte Uncommitted = 0;
    private const sbyte Committed = 1;
    private const short FetchVersion = 11;

    private static readonly AppendConditions First = new() { BeginsTransactionAfter = Offset.None };

    private KafkaCluster _cluster = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(1, "--kafka:partitions", "2");
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await _client.AskAsync<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [new() { Name = Topic }], AllowAutoTopicCreation = true }, 9);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task An_open_transaction_is_the_end_of_what_is_committed()
    {
        await AppendAsync(InTransaction(One, 0), First);
        await AppendAsync(Plain());

        var committed = await FetchAsync(Committed, 0);
        Assert.Equal((KafkaError.None, "", 2L, 0L), (committed.Error, Offsets(committed), committed.HighWatermark, committed.LastStableOffset));
        Assert.Empty(committed.AbortedTransactions!);
        var all = await FetchAsync(Uncommitted, 0);
        Assert.Equal(("0 1", 2L, 0L), (Offsets(all), all.HighWatermark, all.LastStableOffset));
        Assert.Null(all.AbortedTransactions);
        // Who has read uncommitted records goes on where it was.
        var ahead = await FetchAsync(Committed, 1);
        Assert.Equal((KafkaError.None, ""), (ahead.Error, Offsets(ahead)));
    }

    [Fact]
    public async Task Aborted_transactions_are_named_in_the_order_in_which_they_began()
    {
        await AppendAsync(InTransaction(One, 0), First);
        await AppendAsync(InTransaction(Two, 0), First);
        await AppendAsync(TestBatch.Abort(Two, 0));
        await AppendAsync(TestBatch.Abort(One, 0));

        var committed = await FetchAsync(Committed, 0);
        Assert.Equal(("0 1 2 3", 4L, 4L), (Offsets(committed), committed.HighWatermark, committed.LastStableOffset));
        Assert.Equal([(One, 0L), (Two, 1L)], committed.AbortedTransactions!.Select(static aborted => (aborted.ProducerId, aborted.FirstOffset)));
        Assert.Null((await FetchAsync(Uncommitted, 0)).AbortedTransactions);
    }

    [Fact]
    public async Task A_commit_wakes_who_waits_for_it()
    {
        await AppendAsync(InTransaction(One, 0), First);
        using var waiting = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        var request = Request(Committed, 0, -1, 0);
        (request.MaxWaitMs, request.MinBytes) = (60_000, 1);
        var fetch = waiting.AskAsync<FetchRequest, FetchResponse>(request, FetchVersion);
        // More of what is open wakes nobody.
        await AppendAsync(InTransaction(One, 1));
        await AppendAsync(TestBatch.Commit(One, 0));
        Assert.Equal("0 1 2", Offsets(Told(await fetch)));
    }

    [Fact]
    public async Task A_session_is_told_that_the_stable_end_has_moved()
    {
        var session = (await _client.AskAsync<FetchRequest, FetchResponse>(Request(Uncommitted, 0, 0, 0), FetchVersion)).SessionId;
        await AppendAsync(InTransaction(One, 0), First);
        Assert.Equal((1L, 0L), Ends(Told(await _client.AskAsync<FetchRequest, FetchResponse>(Request(Uncommitted, 1, 1, session), FetchVersion))));
        await AppendAsync(TestBatch.Commit(One, 0));
        Assert.Equal((2L, 2L), Ends(Told(await _client.AskAsync<FetchRequest, FetchResponse>(Request(Uncommitted, 2, 2, session), FetchVersion))));
        Assert.Empty((await _client.AskAsync<FetchRequest, FetchResponse>(Request(Uncommitted, 2, 3, session), FetchVersion)).Topics);
    }

    [Fact]
    public async Task The_latest_offset_is_the_end_or_where_the_first_open_transaction_begins()
    {
        await AppendAsync(Plain(timestampMs: 1_000));
        await AppendAsync(InTransaction(One, 0, timestampMs: 2_000), First);
        Assert.Equal((1L, 2L), (await OffsetAsync(Committed, -1), await OffsetAsync(Uncommitted, -1)));
        Assert.Equal((-1L, 1L), (await OffsetAsync(Committed, 1_500), await OffsetAsync(Uncommitted, 1_500)));
        // The record with the greatest timestamp.
        Assert.Equal((0L, 1L), (await OffsetAsync(Committed, -3), await OffsetAsync(Uncommitted, -3)));
        await AppendAsync(TestBatch.Commit(One, 0));
        Assert.Equal((3L, 3L), (await OffsetAsync(Committed, -1), await OffsetAsync(Uncommitted, -1)));
    }

    [Fact]
    public async Task An_epoch_ends_where_the_log_does_whatever_is_open()
    {
        var epoch = await EpochAsync();
        await AppendAsync(InTransaction(One, 0), First);
        Assert.Equal((epoch, 1L), await EndOfAsync(epoch));

        await _cluster.RestartAsync();
        _client.Dispose();
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await Eventually.TrueAsync(async () => await EpochAsync() > epoch, "the gateway knows of the restart");
        await AppendAsync(InTransaction(One, 1));
        Assert.Equal((epoch, 1L), await EndOfAsync(epoch));
    }

    [Fact]
    public async Task Producers_are_told_with_where_their_transactions_begin()
    {
        await AppendAsync(Plain());
        await AppendAsync(InTransaction(One, 0), First);
        await AppendAsync(InTransaction(Two, 0), First);
        await AppendAsync(TestBatch.Commit(Two, 0, coordinatorEpoch: 5));
        var answer = await _client.AskAsync<DescribeProducersRequest, DescribeProducersResponse>(
            new DescribeProducersRequest { Topics = [new() { Name = Topic, Partitions = [0, 1, 9] }] }, 0);
        var told = Assert.Single(answer.Topics).Partitions;
        Assert.Equal([KafkaError.None, KafkaError.None, KafkaError.UnknownTopicOrPartition], told.Select(static partition => partition.Error));
        Assert.Equal(
            [(One, 0, 0, -1, 1L), (Two, 0, 0, 5, -1L)],
            told[0].Producers.OrderBy(static producer => producer.ProducerId)
                .Select(static producer => (producer.ProducerId, producer.Epoch, producer.LastSequence, producer.CoordinatorEpoch, producer.TransactionStartOffset)));
        Assert.Empty(told[1].Producers);
    }

    private static byte[] InTransaction(long producer, int sequence, long timestampMs = 1_000)
    {
        var batch = Plain(timestampMs);
        TestBatch.MakeTransactional(batch, producer, 0, sequence);
        return batch;
    }

    private static byte[] Plain(long timestampMs = 1_000)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(timestampMs, RecordAttributes.None, "key"u8, "value"u8);
        return builder.Build().ToArray();
    }

    private async Task AppendAsync(byte[] batch, AppendConditions? conditions = null)
    {
        var log = new TopicPartition(Namespace.Default, TopicName.Parse(Topic), 0);
        Assert.Equal(ErrorCode.None, (await _cluster.Storage.Logs.AppendAsync(new AppendRequest { Log = log, Batch = batch, Conditions = conditions })).Error);
    }

    private static FetchRequest Request(sbyte isolation, long offset, int epoch, int session) => new()
    {
        IsolationLevel = isolation,
        MaxBytes = 1 << 20,
        SessionEpoch = epoch,
        SessionId = session,
        Topics = [new() { Name = Topic, Partitions = [new() { FetchOffset = offset, MaxBytes = 1 << 20 }] }],
    };

    private async Task<FetchResponse.Partition> FetchAsync(sbyte isolation, long offset) =>
        Told(await _client.AskAsync<FetchRequest, FetchResponse>(Request(isolation, offset, -1, 0), FetchVersion));

    private static FetchResponse.Partition Told(FetchResponse answer) => Assert.Single(Assert.Single(answer.Topics).Partitions);

    private static (long HighWatermark, long LastStable) Ends(FetchResponse.Partition told) => (told.HighWatermark, told.LastStableOffset);

    private static string Offsets(FetchResponse.Partition told)
    {
        var offsets = new List<long>();
        for (var batches = new BatchReader(told.Records ?? default); batches.MoveNext();)
        {
            for (var records = new RecordReader(batches.Current.Span); records.MoveNext();)
                offsets.Add(records.Current.Offset.Value);
        }
        return string.Join(' ', offsets);
    }

    private async Task<long> OffsetAsync(sbyte isolation, long timestampMs)
    {
        var request = new ListOffsetsRequest { IsolationLevel = isolation, Topics = [new() { Name = Topic, Partitions = [new() { TimestampMs = timestampMs }] }] };
        var told = (await _client.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(request, 7)).Topics[0].Partitions[0];
        Assert.Equal(KafkaError.None, told.Error);
        return told.Offset;
    }

    /// <summary>-1: the topic is not known yet.</summary>
    private async Task<int> EpochAsync() =>
        (await _client.AskAsync<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [new() { Name = Topic }] }, 9)).Topics[0].Partitions is [{ } first, ..] ? first.LeaderEpoch : -1;

    private async Task<(int Epoch, long End)> EndOfAsync(int epoch)
    {
        var request = new OffsetForLeaderEpochRequest { Topics = [new() { Name = Topic, Partitions = [new() { LeaderEpoch = epoch }] }] };
        var told = (await _client.AskAsync<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(request, 4)).Topics[0].Partitions[0];
        Assert.Equal(KafkaError.None, told.Error);
        return (told.LeaderEpoch, told.EndOffset);
    }
}

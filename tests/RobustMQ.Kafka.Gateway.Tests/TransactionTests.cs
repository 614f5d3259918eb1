using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Kafka.Gateway.Transactions;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;
using ErrorCode = RobustMQ.Records.ErrorCode;
using TopicPartition = RobustMQ.Records.TopicPartition;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Transactions as librdkafka makes them, and what a bare socket is told where no client would ask.</summary>
public sealed class TransactionTests : IAsyncLifetime
{
    private const string Topic = "bought";
    private const string Id = "shop/1 of 2";
    private const int Timeout = 30_000;

    /// <summary>What a gateway that is gone held runs out soon.</summary>
    private static readonly string[] Flags = ["--kafka:lease", "1s"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private KafkaCluster _cluster = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(1, Flags);
        using var admin = _cluster.Admin();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = 3, ReplicationFactor = 1 }]);
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        // A slot's coordinator is there a moment after its gateway.
        await Eventually.TrueAsync(async () => (await InitializeIdAsync("first")).Error == KafkaError.None, "there is a coordinator");
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public void What_is_committed_is_read_and_what_is_aborted_is_not()
    {
        using var producer = Producer();
        Run(producer, isCommit: true, "1", "2", "3");
        Run(producer, isCommit: false, "4", "5", "6");
        Run(producer, isCommit: true, "7");
        Assert.Equal(["1", "2", "3", "7"], Read(IsolationLevel.ReadCommitted));
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7"], Read(IsolationLevel.ReadUncommitted));
    }

    [Fact]
    public void Offsets_are_committed_with_the_transaction_or_not_at_all()
    {
        using var producer = Producer();
        using var reader = _cluster.Consumer(static config => (config.GroupId, config.IsolationLevel) = ("buyers", IsolationLevel.ReadUncommitted));
        reader.Subscribe(Topic);
        Run(producer, isCommit: true, "1", "2", "3");
        while (reader.Consume(Patience) is { IsPartitionEOF: true })
        {
        }
        foreach (var isCommit in new[] { false, true })
        {
            producer.BeginTransaction();
            producer.Produce(new Confluent.Kafka.TopicPartition(Topic, 0), Message("x"));
            producer.SendOffsetsToTransaction([new TopicPartitionOffset(Topic, 1, 1)], reader.ConsumerGroupMetadata, Patience);
            var before = reader.Committed([new(Topic, 1)], Patience)[0].Offset;
            if (isCommit)
                producer.CommitTransaction(Patience);
            else
                producer.AbortTransaction(Patience);
            var after = reader.Committed([new(Topic, 1)], Patience)[0].Offset;
            Assert.Equal((Confluent.Kafka.Offset.Unset, isCommit ? new Confluent.Kafka.Offset(1) : Confluent.Kafka.Offset.Unset), (before, after));
        }
    }

    [Fact]
    public void The_second_producer_of_an_id_fences_the_first_and_aborts_what_it_left_open()
    {
        using var first = Producer();
        first.BeginTransaction();
        first.Produce(Topic, Message("left"));
        first.Flush(Patience);
        using var second = Producer();
        var error = Assert.Throws<KafkaException>(() => first.CommitTransaction(Patience));
        Assert.True(error.Error.IsFatal, error.Message);
        Run(second, isCommit: true, "right");
        Assert.Equal(["right"], Read(IsolationLevel.ReadCommitted));
    }

    [Fact]
    public async Task A_transaction_that_is_open_for_too_long_is_aborted_and_its_producer_fenced()
    {
        var producer = await InitializeIdAsync(Id, timeoutMs: 300);
        Assert.Equal(KafkaError.None, await AddAsync(producer));
        Assert.Equal(KafkaError.None, await ProduceAsync(producer, "late"));
        await Eventually.TrueAsync(async () => (await DescribeAsync()).State == nameof(TransactionPhase.CompleteAbort), "it is aborted");
        Assert.Equal(KafkaError.ProducerFenced, await EndAsync(producer, isCommit: true));
        Assert.Equal(KafkaError.InvalidProducerEpoch, await ProduceAsync(producer, "later", sequence: 1));
        Assert.Empty(Read(IsolationLevel.ReadCommitted));
    }

    [Fact]
    public async Task An_open_transaction_outlives_everything()
    {
        var producer = await InitializeIdAsync();
        Assert.Equal(KafkaError.None, await AddAsync(producer));
        Assert.Equal(KafkaError.None, await ProduceAsync(producer, "kept"));
        await RestartAsync();
        Assert.Equal(KafkaError.None, await ProduceAsync(producer, "and this", sequence: 1));
        Assert.Equal(KafkaError.None, await EndAsync(producer, isCommit: true));
        Assert.Equal(["and this", "kept"], Read(IsolationLevel.ReadCommitted));
        await RestartAsync();
        // Its answer might have been lost.
        Assert.Equal(KafkaError.None, await EndAsync(producer, isCommit: true));
        Assert.Equal((short)(producer.ProducerEpoch + 1), (await InitializeIdAsync()).ProducerEpoch);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_decided_is_carried_out_by_whoever_comes_next(bool isCommit)
    {
        var producer = await InitializeIdAsync();
        Assert.Equal(KafkaError.None, await AddAsync(producer));
        Assert.Equal(KafkaError.None, await ProduceAsync(producer, "decided"));
        // A coordinator that decides, and dies before it can tell anybody.
        await _cluster.KillGatewayAsync(_cluster.Gateways[0]);
        var log = new TransactionLog(_cluster.Storage);
        var slot = ClusterMembership.SlotOf(Namespace.Default, Id);
        var (_, entry) = await log.ReadAsync(Namespace.Default, slot, Id);
        var decided = TransactionMachine.End(entry.State, producer.ProducerId, producer.ProducerEpoch, isCommit, 1_000).Next!;
        Assert.Equal(ErrorCode.None, (await log.WriteAsync(Namespace.Default, slot, Id, decided, entry.At)).Error);

        await RestartAsync();

        log = new TransactionLog(_cluster.Storage);
        await Eventually.TrueAsync(
            async () => (await log.ReadAsync(Namespace.Default, slot, Id)).Entry.State!.Phase == (isCommit ? TransactionPhase.CompleteCommit : TransactionPhase.CompleteAbort), "it has ended");
        Assert.Equal(isCommit ? ["decided"] : [], Read(IsolationLevel.ReadCommitted));
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_holds_up_no_other_id_of_its_slot()
    {
        var producer = await InitializeIdAsync(timeoutMs: 1_000);
        Assert.Equal(KafkaError.None, await AddAsync(producer));
        Assert.Equal(KafkaError.None, await ProduceAsync(producer, "open"));
        using var builder = new RecordBatchBuilder();
        builder.Append(1_000, RecordAttributes.KeyIsSubject, Bytes($"{TransactionLog.Topic}.{ClusterMembership.SlotOf(Namespace.Default, Id)}.A"), Bytes("junk"));
        var log = new TopicPartition(Namespace.Default, TransactionLog.Topic, 0);
        Assert.Equal(ErrorCode.None, (await _cluster.Storage.Logs.AppendAsync(new AppendRequest { Log = log, Batch = builder.Build() })).Error);

        _client.Dispose();
        await _cluster.RestartAsync(1, Flags);
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);

        // Nobody asks for it: it is the new coordinator that finds it, and ends it when its time is over.
        var states = new TransactionLog(_cluster.Storage);
        await Eventually.TrueAsync(
            async () => (await states.ReadAsync(Namespace.Default, ClusterMembership.SlotOf(Namespace.Default, Id), Id)).Entry.State!.Phase == TransactionPhase.CompleteAbort, "it is aborted");
    }

    [Fact]
    public async Task A_coordinator_that_has_been_overtaken_stores_nothing()
    {
        var producer = await InitializeIdAsync();
        var log = new TransactionLog(_cluster.Storage);
        var slot = ClusterMembership.SlotOf(Namespace.Default, Id);
        var (_, entry) = await log.ReadAsync(Namespace.Default, slot, Id);
        var theirs = entry.State! with { ProducerEpoch = 9 };
        Assert.Equal(ErrorCode.None, (await log.WriteAsync(Namespace.Default, slot, Id, theirs, entry.At)).Error);

        Assert.Equal(KafkaError.NotCoordinator, await AddAsync(producer));
        Assert.Equal(KafkaError.ProducerFenced, await AddAsync(producer));
        Assert.Equal(9, (await log.ReadAsync(Namespace.Default, slot, Id)).Entry.State!.ProducerEpoch);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task An_end_goes_on_when_the_lease_that_ran_out_on_the_way_is_renewed_late(int lapsedAt)
    {
        var storage = _cluster.Storage;
        var questions = 0;
        var counts = false;
        int? Epoch() => counts && Interlocked.Increment(ref questions) == lapsedAt ? null : 1_000_000;
        var logger = NullLogger.Instance;
        const string id = "lapsed";
        using var transaction = new CoordinatedTransaction(
            Namespace.Default, id, ClusterMembership.SlotOf(Namespace.Default, id), new TransactionLog(storage), new TransactionMarkers(storage, TimeProvider.System, logger), Epoch, TimeProvider.System);
        var producer = (await storage.Node.AllocateProducerAsync()).ProducerId;
        var log = new TopicPartition(Namespace.Default, TopicName.Parse(Topic), 0);
        await transaction.DecideAsync((state, now) => TransactionMachine.Initialize(state, Timeout, new ProducerState(-1, -1, -1), producer, now));
        Assert.Equal(KafkaError.None, (await transaction.DecideAsync((state, now) => TransactionMachine.Add(state, producer, 0, [log], null, 10, now))).Error);
        counts = true;
        Assert.Equal(KafkaError.None, (await transaction.DecideAsync((state, now) => TransactionMachine.End(state, producer, 0, true, now))).Error);
        await transaction.Ending;
        for (var tick = 0; tick < 5; tick++)
        {
            await transaction.TickAsync();
            await transaction.Ending;
        }
        Assert.Equal(TransactionPhase.CompleteCommit, transaction.State!.Phase);
    }

    [Fact]
    public async Task No_client_produces_to_the_states_of_ids()
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), RecordAttributes.None, "_kafka-transactions.5.Zm9yZ2Vk"u8, Bytes("junk"));
        var request = new ProduceRequest { Acks = -1, TimeoutMs = 1000, Topics = [new() { Name = "_kafka-transactions", Partitions = [new() { Index = 0, Records = builder.Build().ToArray() }] }] };
        var answer = (await _client.AskAsync<ProduceRequest, ProduceResponse>(request, 9)).Topics[0].Partitions[0].Error;
        Assert.Equal(KafkaError.InvalidTopic, answer);
    }

    [Fact]
    public async Task No_client_deletes_the_states_of_ids()
    {
        var answer = (await _client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Names = ["_kafka-transactions"], TimeoutMs = 1000 }, 5)).Topics[0].Error;
        Assert.Equal(KafkaError.InvalidTopic, answer);
    }

    [Fact]
    public async Task No_client_deletes_records_of_the_states_of_ids()
    {
        var answer = (await _client.AskAsync<DeleteRecordsRequest, DeleteRecordsResponse>(
            new() { TimeoutMs = 1000, Topics = [new() { Name = "_kafka-transactions", Partitions = [new() { Index = 0, Offset = -1 }] }] }, 2)).Topics[0].Partitions[0].Error;
        Assert.Equal(KafkaError.InvalidTopic, answer);
    }

    [Fact]
    public async Task No_client_changes_the_topic_of_the_states_of_ids()
    {
        var partitions = await _client.AskAsync<CreatePartitionsRequest, CreatePartitionsResponse>(
            new() { TimeoutMs = 1000, Topics = [new() { Name = "_kafka-transactions", Count = 2 }] }, 2);
        Assert.Equal(KafkaError.InvalidTopic, partitions.Results[0].Error);
        var configs = await _client.AskAsync<AlterConfigsRequest, AlterConfigsResponse>(
            new() { Resources = [new() { Type = 2, Name = "_kafka-transactions", Configs = [new() { Name = "robustmq.subjects", Value = "_kafka-transactions.>" }] }] }, 1);
        Assert.Equal(KafkaError.InvalidTopic, configs.Results[0].Error);
    }

    [Fact]
    public async Task No_publish_by_subject_reaches_the_states_of_ids()
    {
        using var end = new CancellationTokenSource();
        var map = new TopicMap(_cluster.Storage.Topics, NullLogger<TopicMap>.Instance);
        var watch = map.WatchAsync(end.Token);
        using var admin = _cluster.Admin();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "known", NumPartitions = 1, ReplicationFactor = 1, Configs = new() { ["robustmq.subjects"] = "known.>" } }]);
        // The map has then been told of everything before it, too.
        await Eventually.TrueAsync(() => map.Route(Namespace.Default, "known.x"u8).Log.Topic.Value == "known", "topics are known");
        Assert.Equal("_live", map.Route(Namespace.Default, "_kafka-transactions.5.eA"u8).Log.Topic.Value);
        await end.CancelAsync();
        await watch;
    }

    [Fact]
    public async Task A_batch_of_a_transaction_that_has_not_begun_is_refused()
    {
        var producer = await InitializeIdAsync();
        Assert.Equal(KafkaError.InvalidTransactionState, await ProduceAsync(producer, "early"));
        Assert.Equal(KafkaError.None, await AddAsync(producer, partition: 1));
        Assert.Equal(KafkaError.InvalidTransactionState, await ProduceAsync(producer, "elsewhere"));
        Assert.Empty(Read(IsolationLevel.ReadUncommitted));
    }

    [Fact]
    public async Task A_transaction_goes_on_though_one_of_its_topics_is_gone()
    {
        using var admin = _cluster.Admin();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "short-lived", NumPartitions = 1, ReplicationFactor = 1 }]);
        var producer = await InitializeIdAsync();
        Assert.Equal(KafkaError.None, await AddAsync(producer, "short-lived"));
        Assert.Equal(KafkaError.None, await AddAsync(producer));
        Assert.Equal(KafkaError.None, await ProduceAsync(producer, "stays"));
        await admin.DeleteTopicsAsync(["short-lived"]);
        Assert.Equal(KafkaError.None, await EndAsync(producer, isCommit: true));
        await Eventually.TrueAsync(async () => (await DescribeAsync()).State == nameof(TransactionPhase.CompleteCommit), "it has ended");
        Assert.Equal(["stays"], Read(IsolationLevel.ReadCommitted));
    }

    [Fact]
    public async Task Partitions_are_added_all_or_none()
    {
        var producer = await InitializeIdAsync();
        var request = new AddPartitionsToTxnRequest
        {
            TransactionalId = Id,
            ProducerId = producer.ProducerId,
            ProducerEpoch = producer.ProducerEpoch,
            Topics = [new() { Name = Topic, Partitions = [0, 3] }, new() { Name = "nowhere", Partitions = [0] }, new() { Name = "_kafka-transactions", Partitions = [0] }],
        };
        var answer = await _client.AskAsync<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(request, 3);
        Assert.Equal(
            [KafkaError.OperationNotAttempted, KafkaError.UnknownTopicOrPartition, KafkaError.UnknownTopicOrPartition, KafkaError.UnknownTopicOrPartition],
            answer.Topics.SelectMany(static topic => topic.Partitions).Select(static partition => partition.Error));
        Assert.Equal(nameof(TransactionPhase.Empty), (await DescribeAsync()).State);
    }

    [Fact]
    public async Task Open_transactions_are_listed_and_described()
    {
        var producer = await InitializeIdAsync();
        await AddAsync(producer, partition: 1);
        var described = await DescribeAsync();
        Assert.Equal((KafkaError.None, nameof(TransactionPhase.Ongoing), Timeout, producer.ProducerId, producer.ProducerEpoch), (described.Error, described.State, described.TimeoutMs, described.ProducerId, described.ProducerEpoch));
        Assert.Equal([1], Assert.Single(described.Topics).Partitions);
        Assert.Equal([Id], await ListAsync(new() { States = ["Ongoing"] }));
        Assert.Equal([Id], await ListAsync(new() { ProducerIds = [producer.ProducerId] }));
        Assert.Equal(["first", Id], (await ListAsync(new())).Order());
        Assert.Empty(await ListAsync(new() { DurationMs = 3_600_000 }));
        var unknown = await _client.AskAsync<ListTransactionsRequest, ListTransactionsResponse>(new() { States = ["Sleeping"] }, 1);
        Assert.Equal(["Sleeping"], unknown.UnknownStates);
        Assert.Empty(unknown.Transactions);
        var stranger = await _client.AskAsync<DescribeTransactionsRequest, DescribeTransactionsResponse>(new() { TransactionalIds = ["nobody"] }, 0);
        Assert.Equal(KafkaError.TransactionalIdNotFound, stranger.Transactions[0].Error);
    }

    [Theory]
    [InlineData("", Timeout, -1, -1, KafkaError.InvalidRequest)]
    [InlineData(Id, 0, -1, -1, KafkaError.InvalidTransactionTimeout)]
    [InlineData(Id, 3_600_000, -1, -1, KafkaError.InvalidTransactionTimeout)]
    [InlineData(Id, Timeout, 5, -1, KafkaError.InvalidRequest)]
    [InlineData(Id, Timeout, -1, 5, KafkaError.InvalidRequest)]
    public async Task A_producer_that_asks_for_nonsense_is_told_so(string id, int timeoutMs, long producerId, short epoch, KafkaError error)
    {
        var request = new InitProducerIdRequest { TransactionalId = id, TransactionTimeoutMs = timeoutMs, ProducerId = producerId, ProducerEpoch = epoch };
        Assert.Equal(error, (await _client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(request, 5)).Error);
    }

    [Fact]
    public async Task An_id_is_no_longer_than_it_may_be() => Assert.Equal(KafkaError.InvalidRequest, (await InitializeIdAsync(new string('x', 513))).Error);

    [Fact]
    public async Task Whoever_is_no_producer_of_an_id_ends_and_adds_nothing()
    {
        var producer = await InitializeIdAsync();
        var other = new InitProducerIdResponse { ProducerId = producer.ProducerId + 1000, ProducerEpoch = 0 };
        Assert.Equal(KafkaError.InvalidProducerIdMapping, await AddAsync(other));
        Assert.Equal(KafkaError.InvalidProducerIdMapping, await EndAsync(other, isCommit: true));
        var later = new InitProducerIdResponse { ProducerId = producer.ProducerId, ProducerEpoch = 3 };
        Assert.Equal(KafkaError.ProducerFenced, await EndAsync(later, isCommit: true));
        Assert.Equal(KafkaError.InvalidTransactionState, await EndAsync(producer, isCommit: true));
    }

    [Theory]
    [InlineData(0, KafkaError.InvalidGroupId)]
    [InlineData(512, KafkaError.None)]
    [InlineData(513, KafkaError.InvalidGroupId)]
    public async Task A_group_of_a_transaction_has_a_name_that_groups_may_have(int length, KafkaError error)
    {
        var producer = await InitializeIdAsync();
        var offsets = new AddOffsetsToTxnRequest { TransactionalId = Id, ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, GroupId = new string('g', length) };
        Assert.Equal(error, (await _client.AskAsync<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(offsets, 3)).Error);
    }

    [Fact]
    public async Task A_reader_that_wants_stable_offsets_is_told_to_wait_for_a_transaction()
    {
        var producer = await InitializeIdAsync();
        await AddOffsetsAsync(producer);
        Assert.Equal(KafkaError.None, await CommitOffsetAsync(producer, string.Empty, -1));
        Assert.Equal((KafkaError.UnstableOffsetCommit, -1L), await FetchOffsetAsync(isStable: true));
        Assert.Equal((KafkaError.None, -1L), await FetchOffsetAsync(isStable: false));
        Assert.Equal(KafkaError.None, await EndAsync(producer, isCommit: true));
        await Eventually.TrueAsync(async () => await FetchOffsetAsync(isStable: true) == (KafkaError.None, 5L), "it is committed");
    }

    [Fact]
    public async Task A_member_whose_generation_has_just_begun_commits_in_a_transaction()
    {
        var producer = await InitializeIdAsync();
        await AddOffsetsAsync(producer);
        var joined = await _client.AskAsync<JoinGroupRequest, JoinGroupResponse>(
            new() { GroupId = "waiting", SessionTimeoutMs = 10_000, RebalanceTimeoutMs = 10_000, ProtocolType = "consumer", Protocols = [new() { Name = "range", Metadata = new byte[6] }] }, 3);
        // Nobody has said yet who reads what. A producer that was told so could not go on.
        Assert.Equal(KafkaError.None, await CommitOffsetAsync(producer, joined.MemberId, joined.Generation));
        Assert.Equal(KafkaError.IllegalGeneration, await CommitOffsetAsync(producer, joined.MemberId, joined.Generation - 1));
        Assert.Equal(KafkaError.UnknownMemberId, await CommitOffsetAsync(producer, "another", joined.Generation));
        Assert.Equal(KafkaError.None, await CommitOffsetAsync(producer, string.Empty, -1));
    }

    [Fact]
    public async Task A_member_of_the_newer_protocol_that_was_left_behind_is_told_so_in_words_that_producers_know()
    {
        var producer = await InitializeIdAsync();
        await AddOffsetsAsync(producer);
        var joined = await _client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(
            new() { GroupId = "waiting", MemberId = "member", RebalanceTimeoutMs = 10_000, SubscribedTopicNames = [Topic], Owned = [] }, 1);
        Assert.Equal(KafkaError.IllegalGeneration, await CommitOffsetAsync(producer, "member", joined.MemberEpoch - 1));
        Assert.Equal(KafkaError.None, await CommitOffsetAsync(producer, "member", joined.MemberEpoch));
        Assert.Equal(KafkaError.UnknownMemberId, await CommitOffsetAsync(producer, "another", joined.MemberEpoch));
    }

    private async Task AddOffsetsAsync(InitProducerIdResponse producer)
    {
        var offsets = new AddOffsetsToTxnRequest { TransactionalId = Id, ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, GroupId = "waiting" };
        Assert.Equal(KafkaError.None, (await _client.AskAsync<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(offsets, 3)).Error);
    }

    private async Task<KafkaError> CommitOffsetAsync(InitProducerIdResponse producer, string member, int generation)
    {
        var commit = new TxnOffsetCommitRequest
        {
            TransactionalId = Id,
            GroupId = "waiting",
            ProducerId = producer.ProducerId,
            ProducerEpoch = producer.ProducerEpoch,
            MemberId = member,
            Generation = generation,
            Topics = [new() { Name = Topic, Partitions = [new() { Index = 0, Offset = 5 }] }],
        };
        return (await _client.AskAsync<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(commit, 3)).Topics[0].Partitions[0].Error;
    }

    private static Message<byte[], byte[]> Message(string value) => new() { Value = Bytes(value) };

    private static void Run(IProducer<byte[], byte[]> producer, bool isCommit, params string[] values)
    {
        producer.BeginTransaction();
        for (var at = 0; at < values.Length; at++)
            producer.Produce(new Confluent.Kafka.TopicPartition(Topic, at), Message(values[at]));
        // An abort takes back what is not sent yet.
        producer.Flush(Patience);
        if (isCommit)
            producer.CommitTransaction(Patience);
        else
            producer.AbortTransaction(Patience);
    }

    private IProducer<byte[], byte[]> Producer()
    {
        var producer = _cluster.Producer(static config => (config.TransactionalId, config.TransactionTimeoutMs) = (Id, Timeout));
        producer.InitTransactions(Patience);
        return producer;
    }

    /// <summary>In the order of the values.</summary>
    private List<string> Read(IsolationLevel level)
    {
        using var consumer = _cluster.Consumer(config => config.IsolationLevel = level);
        consumer.Assign(Enumerable.Range(0, 3).Select(static partition => new TopicPartitionOffset(Topic, partition, 0)));
        var values = new List<string>();
        for (var ends = 0; ends < 3;)
        {
            var result = consumer.Consume(Patience);
            Assert.NotNull(result);
            if (result.IsPartitionEOF)
                ends++;
            else
                values.Add(Text(result.Message.Value));
        }
        values.Sort(StringComparer.Ordinal);
        return values;
    }

    private async Task RestartAsync()
    {
        _client.Dispose();
        await _cluster.RestartAsync(1, Flags);
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await Eventually.TrueAsync(async () => (await DescribeAsync()).Error == KafkaError.None, "the coordinator is there again");
    }

    private Task<InitProducerIdResponse> InitializeIdAsync(string id = Id, int timeoutMs = Timeout) =>
        _client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new InitProducerIdRequest { TransactionalId = id, TransactionTimeoutMs = timeoutMs }, 5);

    private async Task<KafkaError> AddAsync(InitProducerIdResponse producer, string topic = Topic, int partition = 0)
    {
        var request = new AddPartitionsToTxnRequest
        {
            TransactionalId = Id,
            ProducerId = producer.ProducerId,
            ProducerEpoch = producer.ProducerEpoch,
            Topics = [new() { Name = topic, Partitions = [partition] }],
        };
        return (await _client.AskAsync<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(request, 3)).Topics[0].Partitions[0].Error;
    }

    private async Task<KafkaError> EndAsync(InitProducerIdResponse producer, bool isCommit)
    {
        var request = new EndTxnRequest { TransactionalId = Id, ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, IsCommit = isCommit };
        return (await _client.AskAsync<EndTxnRequest, EndTxnResponse>(request, 3)).Error;
    }

    private async Task<KafkaError> ProduceAsync(InitProducerIdResponse producer, string value, int sequence = 0)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), RecordAttributes.None, "key"u8, Bytes(value));
        var batch = builder.Build().ToArray();
        TestBatch.MakeTransactional(batch, producer.ProducerId, producer.ProducerEpoch, sequence);
        var request = new ProduceRequest { TransactionalId = Id, Acks = -1, TimeoutMs = 1000, Topics = [new() { Name = Topic, Partitions = [new() { Index = 0, Records = batch }] }] };
        return (await _client.AskAsync<ProduceRequest, ProduceResponse>(request, 9)).Topics[0].Partitions[0].Error;
    }

    private async Task<DescribeTransactionsResponse.Transaction> DescribeAsync() =>
        (await _client.AskAsync<DescribeTransactionsRequest, DescribeTransactionsResponse>(new() { TransactionalIds = [Id] }, 0)).Transactions[0];

    private async Task<List<string>> ListAsync(ListTransactionsRequest request)
    {
        var answer = await _client.AskAsync<ListTransactionsRequest, ListTransactionsResponse>(request, 1);
        Assert.Equal(KafkaError.None, answer.Error);
        return [.. answer.Transactions.Select(static transaction => transaction.TransactionalId)];
    }

    private async Task<(KafkaError Error, long Offset)> FetchOffsetAsync(bool isStable)
    {
        var request = new OffsetFetchRequest { GroupId = "waiting", RequireStable = isStable, Topics = [new() { Name = Topic, Partitions = [0] }] };
        var partition = (await _client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(request, 7)).Topics[0].Partitions[0];
        return (partition.Error, partition.Offset);
    }
}

using RobustMQ.Kafka.Gateway.Records;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>How transactional batches come into a log: in their order, the first of a transaction on proof.</summary>
public sealed class TransactionalAppendsTests : IAsyncLifetime
{
    private const long Producer = 9001;
    private const short LastWithoutAbortable = 10;

    private static readonly TopicPartition Log = new(Namespace.Default, TopicName.Parse("appended"), 0);

    private readonly FakeTransactions _transactions = new();
    private KafkaCluster _cluster = null!;
    private HeldLogs _logs = null!;
    private TransactionalAppends _appends = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(0);
        var created = await _cluster.Storage.Topics.CreateAsync(new TopicSpec { Namespace = Log.Namespace, Name = Log.Topic, Engine = EngineKind.Segment });
        Assert.Equal(ErrorCode.None, created.Error);
        _logs = new HeldLogs(_cluster.Storage.Logs);
        _appends = new TransactionalAppends(_logs, _transactions);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task The_first_batch_asks_and_those_behind_it_keep_their_order()
    {
        var asked = _transactions.Hold();
        var appends = Enumerable.Range(0, 5).Select(sequence => AppendAsync(sequence)).ToArray();
        asked.SetResult(KafkaError.None);
        Assert.Equal([0L, 1, 2, 3, 4], (await Task.WhenAll(appends)).Select(static outcome => outcome.Result.BaseOffset.Value));
        Assert.Equal(1, _transactions.Questions);
        Assert.Equal(5, (await AppendAsync(5)).Result.BaseOffset.Value);
        Assert.Equal(1, _transactions.Questions);
    }

    [Theory]
    [InlineData(10, KafkaError.InvalidTransactionState)]
    [InlineData(11, KafkaError.TransactionAbortable)]
    public async Task Without_an_open_transaction_nothing_is_stored(short version, KafkaError error)
    {
        _transactions.Answer = KafkaError.InvalidTransactionState;
        Assert.Equal(error, (await AppendAsync(0, version: version)).Error);
        Assert.Equal(0, await EndAsync());
    }

    [Fact]
    public async Task A_transaction_that_ends_between_question_and_append_is_not_begun()
    {
        _transactions.Asked = async () =>
        {
            await StoreAsync(TestBatch.Abort(Producer, 0));
            (_transactions.Asked, _transactions.Answer) = (null, KafkaError.InvalidTransactionState);
            return KafkaError.None;
        };
        Assert.Equal(KafkaError.InvalidTransactionState, (await AppendAsync(0)).Error);
        Assert.Equal(2, _transactions.Questions);
        Assert.Equal(1, await EndAsync());
    }

    [Fact]
    public async Task Batches_that_the_log_refuses_because_their_transaction_ended_begin_the_next_in_their_order()
    {
        // The answers of the first transaction's batches are held, so that the next one's are sent as if it were still open.
        var held = _logs.HoldFrom(sequence: 1);
        Assert.Equal(KafkaError.None, (await AppendAsync(0)).Error);
        var old = AppendAsync(1);
        await Eventually.TrueAsync(async () => await EndAsync() == 2, "the last batch of the first transaction is in the log");
        await StoreAsync(TestBatch.Commit(Producer, 0));
        var next = Enumerable.Range(2, 3).Select(sequence => AppendAsync(sequence)).ToArray();
        held.SetResult();
        Assert.Equal(1, (await old).Result.BaseOffset.Value);
        Assert.Equal([3L, 4, 5], (await Task.WhenAll(next)).Select(static outcome => outcome.Result.BaseOffset.Value));
    }

    [Fact]
    public async Task What_comes_behind_a_batch_that_has_to_be_sent_again_does_not_take_its_place()
    {
        _transactions.Asked = () =>
        {
            _transactions.Asked = null;
            return Task.FromResult(KafkaError.CoordinatorNotAvailable);
        };
        var (first, second) = (AppendAsync(0), AppendAsync(1));
        Assert.Equal(KafkaError.NotEnoughReplicas, (await first).Error);
        Assert.Equal(KafkaError.OutOfOrderSequenceNumber, (await second).Error);
        Assert.Equal([0L, 1], (await Task.WhenAll(AppendAsync(0), AppendAsync(1))).Select(static outcome => outcome.Result.BaseOffset.Value));
    }

    [Fact]
    public async Task A_producer_that_the_log_has_forgotten_goes_on_where_it_was() => Assert.Equal(0, (await AppendAsync(500)).Result.BaseOffset.Value);

    [Fact]
    public async Task What_was_missed_does_not_keep_an_earlier_batch_waiting()
    {
        _transactions.Answer = KafkaError.CoordinatorNotAvailable;
        Assert.Equal(KafkaError.NotEnoughReplicas, (await AppendAsync(7)).Error);
        Assert.Equal(KafkaError.NotEnoughReplicas, (await AppendAsync(6)).Error);
        _transactions.Answer = KafkaError.None;
        Assert.Equal(KafkaError.OutOfOrderSequenceNumber, (await AppendAsync(7)).Error);
        Assert.Equal(0, (await AppendAsync(6)).Result.BaseOffset.Value);
        Assert.Equal(1, (await AppendAsync(7)).Result.BaseOffset.Value);
    }

    [Fact]
    public async Task A_gap_is_told_and_a_repeat_is_stored_once()
    {
        Assert.Equal(0, (await AppendAsync(0)).Result.BaseOffset.Value);
        Assert.Equal(KafkaError.OutOfOrderSequenceNumber, (await AppendAsync(2)).Error);
        Assert.Equal(0, (await AppendAsync(0)).Result.BaseOffset.Value);
        Assert.Equal(1, (await AppendAsync(1)).Result.BaseOffset.Value);
    }

    [Fact]
    public async Task An_earlier_epoch_of_the_producer_is_told_so()
    {
        Assert.Equal(KafkaError.None, (await AppendAsync(0, epoch: 1)).Error);
        Assert.Equal(KafkaError.InvalidProducerEpoch, (await AppendAsync(0, epoch: 0)).Error);
        _transactions.Answer = KafkaError.ProducerFenced;
        await StoreAsync(TestBatch.Abort(Producer, 1));
        Assert.Equal(KafkaError.InvalidProducerEpoch, (await AppendAsync(1, epoch: 1)).Error);
    }

    private Task<TransactionalOutcome> AppendAsync(int sequence, short epoch = 0, short version = LastWithoutAbortable, long producer = Producer)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1_000, RecordAttributes.None, "key"u8, "value"u8);
        var batch = builder.Build().ToArray();
        TestBatch.MakeTransactional(batch, producer, epoch, sequence);
        return _appends.AppendAsync(new TransactionalAppend("transaction", version, new AppendRequest { Log = Log, Batch = batch }));
    }

    private async Task StoreAsync(byte[] batch) =>
        Assert.Equal(ErrorCode.None, (await _cluster.Storage.Logs.AppendAsync(new AppendRequest { Log = Log, Batch = batch })).Error);

    private async Task<long> EndAsync() => (await _cluster.Storage.Logs.OffsetsAsync(Log, -1, ReadIsolation.Stored)).End.Value;

    private sealed class FakeTransactions : IOpenTransactions
    {
        private TaskCompletionSource<KafkaError>? _held;

        public KafkaError Answer { get; set; }

        public Func<Task<KafkaError>>? Asked { get; set; }

        public int Questions { get; private set; }

        public TaskCompletionSource<KafkaError> Hold() => _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<KafkaError> CheckAsync(TransactionalAppend append)
        {
            Questions++;
            return _held is not null ? await _held.Task : Asked is not null ? await Asked() : Answer;
        }
    }

    /// <summary>A storage whose answers to appends may be held up.</summary>
    private sealed class HeldLogs(ILogClient logs) : ILogClient
    {
        private TaskCompletionSource? _held;
        private int _from;

        public TaskCompletionSource HoldFrom(int sequence)
        {
            _from = sequence;
            return _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default)
        {
            var append = logs.AppendAsync(request, cancellationToken);
            return _held is { } held && new RecordBatchHeader(request.Batch.Span).BaseSequence >= _from ? HoldAsync(append, held.Task) : append;
        }

        public ValueTask<ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken = default) => logs.ReadAsync(request, cancellationToken);

        public ValueTask<ReadManyResult> ReadManyAsync(ReadManyRequest request, CancellationToken cancellationToken = default) => logs.ReadManyAsync(request, cancellationToken);

        public ValueTask<LogOffsets> OffsetsAsync(TopicPartition log, long timeMs = -1, ReadIsolation isolation = ReadIsolation.Committed, CancellationToken cancellationToken = default) =>
            logs.OffsetsAsync(log, timeMs, isolation, cancellationToken);

        public ValueTask<LogProducers> ListProducersAsync(TopicPartition log, CancellationToken cancellationToken = default) => logs.ListProducersAsync(log, cancellationToken);

        public ValueTask<DeleteResult> DeleteAsync(DeleteRequest request, CancellationToken cancellationToken = default) => logs.DeleteAsync(request, cancellationToken);

        public ILiveFeed Subscribe(string name, ILiveReceiver receiver) => logs.Subscribe(name, receiver);

        private static async ValueTask<AppendResult> HoldAsync(ValueTask<AppendResult> append, Task held)
        {
            var result = await append;
            await held;
            return result;
        }
    }
}

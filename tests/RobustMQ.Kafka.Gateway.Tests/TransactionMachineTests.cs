using RobustMQ.Kafka.Gateway.Transactions;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using static RobustMQ.Kafka.Gateway.Transactions.TransactionPhase;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>What becomes of a transactional id, step by step, without anything around it.</summary>
public sealed class TransactionMachineTests
{
    private const long Producer = 7;
    private const int Timeout = 60_000;
    private const int MembersMax = 3;

    private static readonly ProducerState Nothing = ProducerState.None;

    private TransactionState? _state;
    private long _nowMs = 1_000;

    [Fact]
    public void An_id_begins_with_a_fresh_producer_and_every_restart_of_its_owner_raises_the_epoch()
    {
        Assert.Equal((KafkaError.None, Empty, 0), Initialize());
        Assert.Equal((KafkaError.None, Empty, 1), Initialize());
        Assert.Equal(Producer, _state!.ProducerId);
    }

    [Fact]
    public void A_transaction_begins_with_its_first_member_and_is_committed()
    {
        Initialize();
        _nowMs = 2_000;
        Assert.Equal((KafkaError.None, Ongoing, 0), Add("a", 0));
        _nowMs = 3_000;
        Assert.Equal((KafkaError.None, Ongoing, 0), Add("b", 1));
        Assert.Equal((KafkaError.None, Ongoing, 0), AddGroup("g"));
        Assert.Equal(2_000, _state!.StartedMs);
        Assert.Equal((KafkaError.None, PrepareCommit, 0), End(isCommit: true));
        Assert.Equal((2, 1), (_state!.Partitions.Count, _state.Groups.Count));
        _state = TransactionMachine.Complete(_state, _nowMs);
        Assert.Equal((CompleteCommit, -1L, 0, 0), (_state.Phase, _state.StartedMs, _state.Partitions.Count, _state.Groups.Count));
        Assert.Equal((KafkaError.None, Ongoing, 0), Add("c", 0));
        Assert.Equal("c", Assert.Single(_state!.Partitions).Topic.Value);
    }

    [Fact]
    public void What_is_added_again_changes_nothing()
    {
        Initialize();
        Add("a", 0);
        Assert.Null(TransactionMachine.Add(_state, Producer, 0, [Log("a", 0)], null, MembersMax, _nowMs).Next);
        Assert.Equal(KafkaError.None, Add("a", 0).Error);
    }

    [Fact]
    public void A_transaction_has_no_more_members_than_it_may()
    {
        Initialize();
        Add("a", 0);
        Add("a", 1);
        AddGroup("g");
        Assert.Equal((KafkaError.PolicyViolation, Ongoing, 0), Add("a", 2));
        Assert.Equal(2, _state!.Partitions.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_end_that_is_asked_for_again_is_answered_alike_and_the_other_end_is_refused(bool isCommit)
    {
        Initialize();
        Add("a", 0);
        End(isCommit);
        Assert.Equal(KafkaError.ConcurrentTransactions, End(isCommit).Error);
        Assert.Equal(KafkaError.InvalidTransactionState, End(!isCommit).Error);
        _state = TransactionMachine.Complete(_state!, _nowMs);
        Assert.Equal((KafkaError.None, isCommit ? CompleteCommit : CompleteAbort, 0), End(isCommit));
        Assert.Equal(KafkaError.InvalidTransactionState, End(!isCommit).Error);
    }

    [Fact]
    public void Without_a_transaction_there_is_nothing_to_end()
    {
        Initialize();
        Assert.Equal(KafkaError.InvalidTransactionState, End(isCommit: true).Error);
        Assert.Equal(KafkaError.InvalidTransactionState, End(isCommit: false).Error);
    }

    [Fact]
    public void While_a_transaction_ends_nothing_else_begins()
    {
        Initialize();
        Add("a", 0);
        End(isCommit: true);
        Assert.Equal((KafkaError.ConcurrentTransactions, PrepareCommit, 0), Add("b", 0));
        Assert.Equal((KafkaError.ConcurrentTransactions, PrepareCommit, 0), Initialize());
    }

    [Fact]
    public void What_a_producer_left_open_is_aborted_before_its_successor_begins()
    {
        Initialize();
        Add("a", 0);
        Assert.Equal((KafkaError.ConcurrentTransactions, PrepareAbort, 1), Initialize());
        Assert.Equal(KafkaError.ProducerFenced, Add("a", 0).Error);
        Assert.Equal(KafkaError.ProducerFenced, End(isCommit: true).Error);
        _state = TransactionMachine.Complete(_state!, _nowMs);
        Assert.Equal((KafkaError.None, Empty, 2), Initialize());
    }

    [Fact]
    public void A_transaction_that_is_open_for_too_long_is_aborted_and_its_producer_fenced()
    {
        Initialize();
        Add("a", 0);
        Assert.Null(TransactionMachine.Tick(_state!, _nowMs + Timeout));
        _state = TransactionMachine.Tick(_state!, _nowMs + Timeout + 1);
        Assert.Equal((PrepareAbort, (short)1), (_state!.Phase, _state.ProducerEpoch));
        Assert.Null(TransactionMachine.Tick(_state, _nowMs + (10 * Timeout)));
    }

    [Fact]
    public void A_producer_that_names_itself_gets_its_next_epoch_once()
    {
        Initialize();
        Assert.Equal((KafkaError.None, Empty, 1), Initialize(new ProducerState(Producer, 0, -1)));
        // It has not seen the answer.
        Assert.Equal((KafkaError.None, Empty, 1), Initialize(new ProducerState(Producer, 0, -1)));
        Assert.Equal((KafkaError.None, Empty, 2), Initialize(new ProducerState(Producer, 1, -1)));
    }

    [Theory]
    [InlineData(Producer, 0)]
    [InlineData(Producer, 3)]
    [InlineData(Producer + 1, 1)]
    public void A_producer_that_names_itself_wrongly_is_fenced(long producer, short epoch)
    {
        Initialize();
        Initialize();
        Assert.Equal((KafkaError.ProducerFenced, Empty, 1), Initialize(new ProducerState(producer, epoch, -1)));
    }

    [Fact]
    public void When_the_epochs_are_used_up_a_fresh_producer_takes_over()
    {
        Initialize();
        _state = _state! with { ProducerEpoch = short.MaxValue - 2 };
        Assert.Equal((KafkaError.None, Empty, short.MaxValue - 1), Initialize());
        Assert.True(TransactionMachine.NeedsProducer(_state));
        Assert.Equal((KafkaError.None, Empty, 0), Initialize(fresh: 8));
        Assert.Equal(8, _state!.ProducerId);
    }

    [Fact]
    public void The_last_epoch_can_still_be_fenced()
    {
        Initialize();
        _state = _state! with { ProducerEpoch = short.MaxValue - 1 };
        Add("a", 0, short.MaxValue - 1);
        Assert.Equal(short.MaxValue, TransactionMachine.Tick(_state!, _nowMs + Timeout + 1)!.ProducerEpoch);
    }

    [Fact]
    public void Nobody_speaks_for_an_id_but_its_producer()
    {
        Assert.Equal(KafkaError.InvalidProducerIdMapping, TransactionMachine.Add(null, Producer, 0, [Log("a", 0)], null, MembersMax, _nowMs).Error);
        Initialize();
        Assert.Equal(KafkaError.InvalidProducerIdMapping, TransactionMachine.Add(_state, Producer + 1, 0, [Log("a", 0)], null, MembersMax, _nowMs).Error);
        Assert.Equal(KafkaError.InvalidProducerIdMapping, TransactionMachine.End(_state, Producer + 1, 0, true, _nowMs).Error);
        Assert.Equal(KafkaError.ProducerFenced, Add("a", 0, epoch: 1).Error);
    }

    [Fact]
    public void A_log_or_group_takes_what_belongs_to_an_open_transaction_of_which_it_is_a_member()
    {
        Initialize();
        Assert.Equal(KafkaError.InvalidTransactionState, TransactionMachine.CheckMember(_state, Producer, 0, Log("a", 0)));
        Add("a", 0);
        AddGroup("g");
        Assert.Equal(KafkaError.None, TransactionMachine.CheckMember(_state, Producer, 0, Log("a", 0)));
        Assert.Equal(KafkaError.None, TransactionMachine.CheckMember(_state, Producer, 0, "g"));
        Assert.Equal(KafkaError.InvalidTransactionState, TransactionMachine.CheckMember(_state, Producer, 0, Log("a", 1)));
        Assert.Equal(KafkaError.InvalidTransactionState, TransactionMachine.CheckMember(_state, Producer, 0, "h"));
        Assert.Equal(KafkaError.ProducerFenced, TransactionMachine.CheckMember(_state, Producer, 1, "g"));
        End(isCommit: true);
        Assert.Equal(KafkaError.InvalidTransactionState, TransactionMachine.CheckMember(_state, Producer, 0, Log("a", 0)));
    }

    [Fact]
    public void What_is_stored_reads_as_it_was()
    {
        Initialize();
        Add("a", 0);
        Add("a", 5);
        AddGroup("gruppe \u00fc");
        var (id, state) = StoredTransaction.Read(Namespace.Default, StoredTransaction.Write("an id with / and .", _state!));
        Assert.Equal("an id with / and .", id);
        Assert.True(_state!.Partitions.SetEquals(state.Partitions));
        Assert.Equal(_state.Groups, state.Groups);
        Assert.Equal(_state with { Partitions = [], Groups = [] }, state with { Partitions = [], Groups = [] });
    }

    [Fact]
    public void A_form_that_is_not_known_is_refused_and_so_are_bytes_that_are_none()
    {
        Initialize();
        var bytes = StoredTransaction.Write("id", _state!);
        var newer = (byte[])bytes.Clone();
        newer[1]++;
        Assert.Equal(ErrorCode.Unsupported, Assert.Throws<StorageException>(() => StoredTransaction.Read(Namespace.Default, newer)).Code);
        for (var length = 2; length < bytes.Length; length++)
            Assert.Equal(ErrorCode.CorruptBatch, Assert.Throws<StorageException>(() => StoredTransaction.Read(Namespace.Default, bytes.AsMemory(0, length))).Code);
    }

    private static TopicPartition Log(string topic, int partition) => new(Namespace.Default, TopicName.Parse(topic), partition);

    private (KafkaError Error, TransactionPhase Phase, int Epoch) Initialize(ProducerState? named = null, long fresh = Producer) =>
        Take(TransactionMachine.Initialize(_state, Timeout, named ?? Nothing, fresh, _nowMs));

    private (KafkaError Error, TransactionPhase Phase, int Epoch) Add(string topic, int partition, short epoch = 0) =>
        Take(TransactionMachine.Add(_state, Producer, epoch, [Log(topic, partition)], null, MembersMax, _nowMs));

    private (KafkaError Error, TransactionPhase Phase, int Epoch) AddGroup(string group) => Take(TransactionMachine.Add(_state, Producer, 0, [], group, MembersMax, _nowMs));

    private (KafkaError Error, TransactionPhase Phase, int Epoch) End(bool isCommit) => Take(TransactionMachine.End(_state, Producer, 0, isCommit, _nowMs));

    private (KafkaError Error, TransactionPhase Phase, int Epoch) Take(TransactionDecision decision)
    {
        _state = decision.Next ?? _state;
        return (decision.Error, _state!.Phase, _state.ProducerEpoch);
    }
}

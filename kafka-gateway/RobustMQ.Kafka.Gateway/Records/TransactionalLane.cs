using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>
/// One producer's transactional batches for one log, in their order. While the log takes them they are under way together. Where it refuses one, because its transaction has not begun there, it and all
/// behind it go one at a time until one has begun the transaction: a later one that went first would take the place of an earlier one in the producer's sequence.
/// </summary>
internal sealed class TransactionalLane(ILogClient logs, IOpenTransactions transactions, MissedBeginnings missed)
{
    /// <summary>Ends of transactions that may come between the question whether one is open and the append that begins it in the log, before the client is told that none is.</summary>
    private const int QuestionsMax = 3;

    /// <summary>Version of produce requests.</summary>
    private const short AbortableFrom = 11;

    private readonly Lock _lock = new();
    private readonly Queue<TransactionalAppend> _waiting = [];
    private readonly List<TransactionalAppend> _refused = [];
    private long _count;
    private int _underWay;
    private bool _hasBegun;
    private bool _isAsking;
    private bool _hasEnded;

    /// <returns>False: the lane has ended.</returns>
    public bool TryAdd(TransactionalAppend append)
    {
        bool mayAsk;
        lock (_lock)
        {
            if (_hasEnded)
                return false;
            append.Number = _count++;
            if (_hasBegun)
                Start(append);
            else
                _waiting.Enqueue(append);
            mayAsk = MayAsk();
        }
        if (mayAsk)
            _ = AskAsync();
        return true;
    }

    /// <returns>False: something is still on its way.</returns>
    public bool TryEnd()
    {
        lock (_lock)
            return _hasEnded = !_isAsking && _underWay == 0 && _waiting.Count == 0 && _refused.Count == 0;
    }

    /// <summary>Under the lock, so that appends have the order of the batches.</summary>
    private void Start(TransactionalAppend append)
    {
        _underWay++;
        _ = FinishAsync(append, logs.AppendAsync(append.Request));
    }

    private async Task FinishAsync(TransactionalAppend append, ValueTask<AppendResult> appending)
    {
        try
        {
            var result = await appending.ConfigureAwait(false);
            // Behind a batch that was refused the next ones are out of sequence: they get another try in their turn.
            var isRefused = result.Error is ErrorCode.TransactionMismatch or ErrorCode.OutOfSequence;
            Land(append, isRefused);
            if (!isRefused)
                append.Complete(new(Outcomes.ToKafka(result.Error), result));
        }
        catch (Exception fault)
        {
            Land(append, isRefused: false);
            append.Fail(fault);
        }
    }

    private void Land(TransactionalAppend append, bool isRefused)
    {
        bool mayAsk;
        lock (_lock)
        {
            _underWay--;
            if (isRefused)
            {
                _hasBegun = false;
                _refused.Add(append);
            }
            mayAsk = MayAsk();
        }
        if (mayAsk)
            _ = AskAsync();
    }

    /// <summary>Under the lock. Whoever is told so has to.</summary>
    private bool MayAsk()
    {
        if (_hasBegun || _isAsking || _underWay > 0 || (_waiting.Count == 0 && _refused.Count == 0))
            return false;
        if (_refused.Count > 0)
        {
            // They came before those that wait.
            TransactionalAppend[] inOrder = [.. _refused.OrderBy(static append => append.Number), .. _waiting];
            _refused.Clear();
            _waiting.Clear();
            foreach (var append in inOrder)
                _waiting.Enqueue(append);
        }
        return _isAsking = true;
    }

    /// <summary>One at a time, until one is in the log or none is left.</summary>
    private async Task AskAsync()
    {
        var append = Next(hasBegun: false);
        while (append is not null)
            append = await AskAsync(append).ConfigureAwait(false);
    }

    /// <returns>The one behind it, unless it has begun the transaction.</returns>
    private async Task<TransactionalAppend?> AskAsync(TransactionalAppend append)
    {
        TransactionalAppend? next;
        try
        {
            var outcome = await BeginAsync(append).ConfigureAwait(false);
            if (outcome.Result.Succeeded)
                missed.Remove(append);
            else if (outcome.Error != KafkaError.OutOfOrderSequenceNumber)
                missed.Add(append);
            next = Next(outcome.Result.Succeeded);
            append.Complete(outcome);
        }
        catch (Exception fault)
        {
            next = Next(hasBegun: false);
            append.Fail(fault);
        }
        return next;
    }

    private TransactionalAppend? Next(bool hasBegun)
    {
        lock (_lock)
        {
            if (!hasBegun && _waiting.TryDequeue(out var next))
                return next;
            (_hasBegun, _isAsking) = (hasBegun, false);
            while (_hasBegun && _waiting.TryDequeue(out next))
                Start(next);
            return null;
        }
    }

    /// <summary>The append itself asks whether the transaction has begun in the log, and is told where the one before it ended: an end that comes after that refuses the next append.</summary>
    private async ValueTask<TransactionalOutcome> BeginAsync(TransactionalAppend append)
    {
        var result = await logs.AppendAsync(append.Request).ConfigureAwait(false);
        for (var questions = 0; result.Error == ErrorCode.TransactionMismatch && questions < QuestionsMax; questions++)
        {
            if (!missed.MayBegin(append))
                return new(KafkaError.OutOfOrderSequenceNumber, result);
            if (await transactions.CheckAsync(append).ConfigureAwait(false) is var error and not KafkaError.None)
                return new(ToProducer(error, append.Version), result);
            result = await logs.AppendAsync(append.Request with { Conditions = new AppendConditions { BeginsTransactionAfter = result.BaseOffset } }).ConfigureAwait(false);
        }
        return new(result.Error == ErrorCode.TransactionMismatch ? ToProducer(KafkaError.InvalidTransactionState, append.Version) : Outcomes.ToKafka(result.Error), result);
    }

    /// <summary>
    /// The coordinator's errors as a producer takes them: what passes is to be tried again, and a later epoch of the producer is no end of the client's. From version 11 on there is a word for a
    /// transaction that is to be aborted and no more (KIP-890).
    /// </summary>
    private static KafkaError ToProducer(KafkaError error, short version) => error switch
    {
        KafkaError.ProducerFenced => KafkaError.InvalidProducerEpoch,
        KafkaError.ConcurrentTransactions or KafkaError.CoordinatorLoadInProgress or KafkaError.CoordinatorNotAvailable or KafkaError.NotCoordinator => KafkaError.NotEnoughReplicas,
        KafkaError.InvalidTransactionState or KafkaError.TransactionAbortable => version >= AbortableFrom ? KafkaError.TransactionAbortable : KafkaError.InvalidTransactionState,
        _ => error,
    };
}

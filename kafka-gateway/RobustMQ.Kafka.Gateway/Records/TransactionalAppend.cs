using RobustMQ.Kafka.Protocol;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>One batch of a producer's transaction. Its bytes are the request's, which lives until <see cref="Outcome"/> is there.</summary>
/// <param name="version">Of the produce request: what went wrong with a transaction is said in its words.</param>
internal sealed class TransactionalAppend(string transactionalId, short version, AppendRequest request)
{
    private readonly TaskCompletionSource<TransactionalOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string TransactionalId => transactionalId;

    public short Version => version;

    public AppendRequest Request => request;

    public long ProducerId => Header.ProducerId;

    public short ProducerEpoch => Header.ProducerEpoch;

    public int BaseSequence => Header.BaseSequence;

    /// <summary>Place among those of its producer in its log.</summary>
    public long Number { get; set; }

    public Task<TransactionalOutcome> Outcome => _outcome.Task;

    private RecordBatchHeader Header => new(request.Batch.Span);

    public void Complete(TransactionalOutcome outcome) => _outcome.TrySetResult(outcome);

    public void Fail(Exception fault) => _outcome.TrySetException(fault);
}

/// <summary>What became of a transactional batch.</summary>
internal readonly record struct TransactionalOutcome(KafkaError Error, AppendResult Result);

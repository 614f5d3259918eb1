using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>What is to be answered, and what must be stored before it is.</summary>
/// <param name="Next">Null: nothing changes.</param>
internal readonly record struct TransactionDecision(KafkaError Error, TransactionState? Next = null)
{
    public static implicit operator TransactionDecision(KafkaError error) => new(error);

    public static implicit operator TransactionDecision(TransactionState next) => new(KafkaError.None, next);
}

using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>Knows of transactions, wherever their coordinators are.</summary>
internal interface IOpenTransactions
{
    /// <returns><see cref="KafkaError.None"/> where the batch's transaction is open and its log part of it; else why not, in the coordinator's words.</returns>
    ValueTask<KafkaError> CheckAsync(TransactionalAppend append);
}

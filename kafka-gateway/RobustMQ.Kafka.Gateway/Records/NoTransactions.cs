using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>Where no transaction can be begun none is open.</summary>
internal sealed class NoTransactions : IOpenTransactions
{
    public ValueTask<KafkaError> CheckAsync(TransactionalAppend append) => new(KafkaError.InvalidTransactionState);
}

using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Kafka.Gateway.Records;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>Whether a transaction is open, for gateways that do not coordinate it: its coordinator has stored that where everybody may read it.</summary>
internal sealed class OpenTransactions(IStorageClient storage) : IOpenTransactions
{
    private readonly TransactionLog _log = new(storage);

    public ValueTask<KafkaError> CheckAsync(TransactionalAppend append) => CheckAsync(
        append.Request.Log.Namespace,
        append.TransactionalId,
        state => TransactionMachine.CheckMember(state, append.ProducerId, append.ProducerEpoch, append.Request.Log));

    /// <returns>Why a group may not take the transaction's first offsets.</returns>
    public ValueTask<KafkaError> CheckAsync(Namespace ns, string id, long producerId, short epoch, string group) =>
        CheckAsync(ns, id, state => TransactionMachine.CheckMember(state, producerId, epoch, group));

    private async ValueTask<KafkaError> CheckAsync(Namespace ns, string id, Func<TransactionState?, KafkaError> check)
    {
        try
        {
            var (error, entry) = await _log.ReadAsync(ns, ClusterMembership.SlotOf(ns, id), id).ConfigureAwait(false);
            return error == ErrorCode.None ? check(entry.State) : KafkaError.CoordinatorNotAvailable;
        }
        catch (StorageException)
        {
            return KafkaError.CoordinatorNotAvailable;
        }
    }
}

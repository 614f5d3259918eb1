using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>Makes logs part of a producer's transaction: all that are named, or none.</summary>
internal sealed class AddPartitionsToTxnHandler(TransactionCoordinator transactions, TopicDirectory topics) : ApiHandler<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>
{
    private const short FencedFrom = 2;

    /// <summary>Of those that would have been added but for the others.</summary>
    private const KafkaError NotAttempted = KafkaError.OperationNotAttempted;

    protected override async ValueTask<AddPartitionsToTxnResponse> HandleAsync(AddPartitionsToTxnRequest request, RequestContext context)
    {
        if (!TransactionAccess.CanUse(context.Identity, request.TransactionalId))
            return Answer(request, (_, _) => KafkaError.TransactionalIdAuthorizationFailed);
        var logs = new HashSet<TopicPartition>();
        var refused = false;
        foreach (var topic in request.Topics)
        {
            foreach (var partition in topic.Partitions)
            {
                if (Check(topic.Name, partition, context) == KafkaError.None)
                    logs.Add(new TopicPartition(context.Namespace, TopicName.Parse(topic.Name), partition));
                else
                    refused = true;
            }
        }
        if (refused)
            return Answer(request, (name, partition) => Check(name, partition, context) is var why and not KafkaError.None ? why : NotAttempted);
        var error = await transactions.AddAsync(context.Namespace, request.TransactionalId, request.ProducerId, request.ProducerEpoch, logs, group: null).ConfigureAwait(false);
        return Answer(request, (_, _) => ToProducer(error, context.Version, FencedFrom));
    }

    /// <summary>Producers of earlier versions know of one word for an epoch that has passed.</summary>
    internal static KafkaError ToProducer(KafkaError error, short version, short fencedFrom) =>
        error == KafkaError.ProducerFenced && version < fencedFrom ? KafkaError.InvalidProducerEpoch : error;

    private KafkaError Check(string name, int partition, RequestContext context)
    {
        if (!TopicAccess.CanProduce(context.Identity, name))
            return KafkaError.TopicAuthorizationFailed;
        return topics.TryGet(context.Namespace, name, out var topic) && !topic.Name.IsInternal && partition >= 0 && partition < topic.Spec.Partitions
            ? KafkaError.None
            : KafkaError.UnknownTopicOrPartition;
    }

    private static AddPartitionsToTxnResponse Answer(AddPartitionsToTxnRequest request, Func<string, int, KafkaError> error) => new()
    {
        Topics =
        [
            .. request.Topics.Select(topic => new TopicErrors
            {
                Name = topic.Name,
                Partitions = [.. topic.Partitions.Select(partition => new PartitionError { Index = partition, Error = error(topic.Name, partition) })],
            })
        ],
    };
}

using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>Makes logs part of a producer's transaction: all that are named, or none.</summary>
internal sealed class AddPartitionsToTxnHandler(TransactionCoordinator transactions, TopicDirectory topics) : ApiHandler<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>
{
    private const short FencedFrom = 2;

    protected override async ValueTask<AddPartitionsToTxnResponse> HandleAsync(AddPartitionsToTxnRequest request, RequestContext context)
    {
        var mayUse = TransactionAccess.CanUse(context.Identity, request.TransactionalId);
        if (mayUse)
            await topics.LearnAsync(context.Namespace, request.Topics.Where(topic => IsUnknown(topic, context)).Select(static topic => topic.Name), context.Aborted).ConfigureAwait(false);
        var wanted = new WantedPartitions(request.Topics, name => mayUse ? Find(name, context) : (null, KafkaError.TransactionalIdAuthorizationFailed));
        if (mayUse && !wanted.IsRefused)
        {
            var error = await transactions.AddAsync(context.Namespace, request.TransactionalId, request.ProducerId, request.ProducerEpoch, wanted.Logs, group: null).ConfigureAwait(false);
            wanted.Answer(ToProducer(error, context.Version, FencedFrom));
        }
        return new() { Topics = wanted.Answers };
    }

    /// <summary>Producers of earlier versions know of one word for an epoch that has passed.</summary>
    internal static KafkaError ToProducer(KafkaError error, short version, short fencedFrom) =>
        error == KafkaError.ProducerFenced && version < fencedFrom ? KafkaError.InvalidProducerEpoch : error;

    /// <summary>A client has it from the gateway that made it; one that hears of it later would refuse what only has to be asked again.</summary>
    private bool IsUnknown(TopicPartitions wanted, RequestContext context) =>
        TopicAccess.CanProduce(context.Identity, wanted.Name)
        && (!topics.TryGet(context.Namespace, wanted.Name, out var topic) || wanted.Partitions.Any(partition => partition >= topic.Spec.Partitions));

    private (Topic? Topic, KafkaError Error) Find(string name, RequestContext context)
    {
        if (!TopicAccess.CanProduce(context.Identity, name))
            return (null, KafkaError.TopicAuthorizationFailed);
        return topics.TryGet(context.Namespace, name, out var topic) && !topic.Name.IsInternal ? (topic, KafkaError.None) : (null, KafkaError.UnknownTopicOrPartition);
    }
}

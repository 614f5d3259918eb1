using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>Forgets a group's offsets of single partitions, except in topics that a member reads.</summary>
internal sealed class OffsetDeleteHandler(GroupCoordinator groups, IConsumerClient consumers, TopicDirectory topics) : ApiHandler<OffsetDeleteRequest, OffsetDeleteResponse>
{
    protected override async ValueTask<OffsetDeleteResponse> HandleAsync(OffsetDeleteRequest request, RequestContext context)
    {
        if (!GroupAccess.CanDelete(context.Identity, request.GroupId))
            return new OffsetDeleteResponse { Error = KafkaError.GroupAuthorizationFailed };
        var subscribed = new HashSet<string>(StringComparer.Ordinal);
        var error = await groups.AskAsync(context.Namespace, request.GroupId, (machine, _) =>
        {
            foreach (var member in machine.Members)
                subscribed.UnionWith(ConsumerSubscription.Topics(member.MetadataFor(machine.Protocol)));
            foreach (var member in machine.Consumers.Members)
                subscribed.UnionWith(machine.Consumers.TopicsOf(member).Select(static topic => topic.Name));
            return KafkaError.None;
        }).ConfigureAwait(false);
        if (error != KafkaError.None)
            return new OffsetDeleteResponse { Error = error };

        var answers = new List<TopicErrors>(request.Topics.Count);
        var logs = new List<TopicPartition>();
        foreach (var wanted in request.Topics)
        {
            var refusal = Check(wanted.Name, subscribed, request.GroupId, context);
            answers.Add(new() { Name = wanted.Name, Partitions = [.. wanted.Partitions.Select(partition => new PartitionError { Index = partition.Index, Error = refusal })] });
            if (refusal == KafkaError.None)
                logs.AddRange(wanted.Partitions.Select(partition => new TopicPartition(context.Namespace, TopicName.Parse(wanted.Name), partition.Index)));
        }
        if (logs.Count > 0)
            error = OffsetCommitHandler.ToKafka(await consumers.DeleteOffsetsAsync(context.Namespace, request.GroupId, logs, context.Aborted).ConfigureAwait(false));
        return new OffsetDeleteResponse { Error = error == KafkaError.UnknownTopicOrPartition ? KafkaError.GroupIdNotFound : error, Topics = answers };
    }

    private KafkaError Check(string name, HashSet<string> subscribed, string group, RequestContext context)
    {
        if (!TopicName.TryParse(name, out _))
            return KafkaError.UnknownTopicOrPartition;
        if (topics.TryGet(context.Namespace, name, out var topic) && !TopicAccess.CanRead(context.Identity, topic, group))
            return KafkaError.TopicAuthorizationFailed;
        return subscribed.Contains(name) ? KafkaError.GroupSubscribedToTopic : KafkaError.None;
    }
}

using System.Text;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>Stores how far a group is. The storage keeps the offsets, and refuses those of a generation that has been overtaken.</summary>
internal sealed class OffsetCommitHandler(GroupCoordinator groups, IConsumerClient consumers, TopicDirectory topics) : ApiHandler<OffsetCommitRequest, OffsetCommitResponse>
{
    private const int MetadataBytesMax = 4096;

    protected override async ValueTask<OffsetCommitResponse> HandleAsync(OffsetCommitRequest request, RequestContext context)
    {
        var generation = request.Generation;
        var error = await groups.AskAsync(context.Namespace, request.GroupId, (machine, now) =>
        {
            // Members of a consumer group are at epochs of their own; the storage knows the group's.
            if (!machine.Consumers.IsEmpty)
                generation = machine.Generation;
            return machine.Commit(request.MemberId, request.GroupInstanceId, request.Generation, now);
        }).ConfigureAwait(false);
        var offsets = new List<GroupOffset>();
        var answers = new List<OffsetCommitResponse.Topic>(request.Topics.Count);
        var accepted = new List<OffsetCommitResponse.Partition>();
        foreach (var topic in request.Topics)
        {
            var partitions = new List<OffsetCommitResponse.Partition>(topic.Partitions.Count);
            foreach (var partition in topic.Partitions)
            {
                var answer = new OffsetCommitResponse.Partition { Index = partition.Index, Error = error == KafkaError.None ? Check(topic.Name, partition, request, context) : error };
                partitions.Add(answer);
                if (answer.Error != KafkaError.None)
                    continue;
                accepted.Add(answer);
                offsets.Add(new GroupOffset(
                    new TopicPartition(context.Namespace, TopicName.Parse(topic.Name), partition.Index), new Offset(partition.Offset), new Epoch(partition.LeaderEpoch), partition.Metadata ?? string.Empty));
            }
            answers.Add(new() { Name = topic.Name, Partitions = partitions });
        }
        if (offsets.Count > 0)
        {
            var stored = ToKafka(await consumers.CommitOffsetsAsync(
                new OffsetCommit { Namespace = context.Namespace, Group = request.GroupId, Generation = generation, Offsets = offsets }, context.Aborted).ConfigureAwait(false));
            foreach (var answer in accepted)
                answer.Error = stored;
        }
        return new OffsetCommitResponse { Topics = answers };
    }

    private KafkaError Check(string name, OffsetCommitRequest.Partition partition, OffsetCommitRequest request, RequestContext context)
    {
        if (!topics.TryGet(context.Namespace, name, out var topic) || partition.Index < 0 || partition.Index >= topic.Spec.Partitions)
            return KafkaError.UnknownTopicOrPartition;
        if (!TopicAccess.CanRead(context.Identity, topic, request.GroupId))
            return KafkaError.TopicAuthorizationFailed;
        return partition.Metadata is { } metadata && Encoding.UTF8.GetByteCount(metadata) > MetadataBytesMax ? KafkaError.OffsetMetadataTooLarge : KafkaError.None;
    }

    internal static KafkaError ToKafka(ErrorCode error) => error switch
    {
        ErrorCode.None => KafkaError.None,
        ErrorCode.Fenced => KafkaError.IllegalGeneration,
        ErrorCode.Unavailable or ErrorCode.TimedOut or ErrorCode.UnknownOutcome => KafkaError.CoordinatorNotAvailable,
        _ => Outcomes.ToKafka(error),
    };
}

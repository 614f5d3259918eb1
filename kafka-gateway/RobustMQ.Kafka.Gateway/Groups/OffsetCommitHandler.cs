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
        var commits = new OffsetCommits(topics, request.GroupId, error, context);
        foreach (var topic in request.Topics)
        {
            commits.Begin(topic.Name, topic.Partitions.Count);
            foreach (var partition in topic.Partitions)
                commits.Add(partition.Index, partition.Offset, partition.LeaderEpoch, partition.Metadata);
        }
        if (commits.Offsets.Count > 0)
        {
            var stored = ToKafka(await consumers.CommitOffsetsAsync(
                new OffsetCommit { Namespace = context.Namespace, Group = request.GroupId, Generation = generation, Offsets = commits.Offsets }, context.Aborted).ConfigureAwait(false));
            commits.Stored(stored);
        }
        return new OffsetCommitResponse { Topics = commits.Answers };
    }

    internal static KafkaError ToKafka(ErrorCode error) => error switch
    {
        ErrorCode.None => KafkaError.None,
        ErrorCode.Fenced => KafkaError.IllegalGeneration,
        ErrorCode.Unavailable or ErrorCode.TimedOut or ErrorCode.UnknownOutcome => KafkaError.CoordinatorNotAvailable,
        _ => Outcomes.ToKafka(error),
    };
}

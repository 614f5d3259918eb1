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
        var error = !GroupAccess.CanRead(context.Identity, request.GroupId) ? KafkaError.GroupAuthorizationFailed : await groups.AskAsync(context.Namespace, request.GroupId, (machine, now) =>
        {
            // Members of a consumer group are at epochs of their own; the storage knows the group's.
            if (!machine.Consumers.IsEmpty)
                generation = machine.Generation;
            return machine.Commit(request.MemberId, request.GroupInstanceId, request.Generation, now);
        }).ConfigureAwait(false);
        var commits = new OffsetCommits(topics, request.GroupId, error, context, mayWithdraw: true);
        foreach (var topic in request.Topics)
        {
            commits.Begin(topic.Name, topic.Partitions.Count);
            foreach (var partition in topic.Partitions)
                commits.Add(partition.Index, partition.Offset, partition.LeaderEpoch, partition.Metadata);
        }
        if (commits.Offsets.Count + commits.Withdrawn.Count > 0)
        {
            var commit = new OffsetCommit { Namespace = context.Namespace, Group = request.GroupId, Generation = generation, Offsets = commits.Offsets };
            commits.Stored(await StoreAsync(commit, commits.Withdrawn, context.Aborted).ConfigureAwait(false));
        }
        return new OffsetCommitResponse { Topics = commits.Answers };
    }

    private async ValueTask<KafkaError> StoreAsync(OffsetCommit commit, IReadOnlyList<TopicPartition> withdrawn, CancellationToken aborted)
    {
        var error = await consumers.CommitOffsetsAsync(commit, aborted).ConfigureAwait(false);
        if (error == ErrorCode.None && withdrawn.Count > 0)
            error = await consumers.DeleteOffsetsAsync(commit.Namespace, commit.Group, withdrawn, aborted).ConfigureAwait(false);
        // A group that is not there has no offset to withdraw.
        return error == ErrorCode.NotFound ? KafkaError.None : ToKafka(error);
    }

    internal static KafkaError ToKafka(ErrorCode error) => error switch
    {
        ErrorCode.None => KafkaError.None,
        ErrorCode.Fenced => KafkaError.IllegalGeneration,
        ErrorCode.Unavailable or ErrorCode.TimedOut or ErrorCode.UnknownOutcome => KafkaError.CoordinatorNotAvailable,
        _ => Outcomes.ToKafka(error),
    };
}

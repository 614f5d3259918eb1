using RobustMQ.Kafka.Gateway.Groups;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>Stores how far a group is as part of a producer's transaction: others see it with the commit.</summary>
internal sealed class TxnOffsetCommitHandler(GroupCoordinator groups, OpenTransactions transactions, IConsumerClient consumers, TopicDirectory topics)
    : ApiHandler<TxnOffsetCommitRequest, TxnOffsetCommitResponse>
{
    /// <summary>Ends of transactions that may come between the question whether one is open and the commit that begins it in the group.</summary>
    private const int QuestionsMax = 3;

    protected override async ValueTask<TxnOffsetCommitResponse> HandleAsync(TxnOffsetCommitRequest request, RequestContext context)
    {
        var generation = request.Generation;
        var error = !TransactionAccess.CanUse(context.Identity, request.TransactionalId) ? KafkaError.TransactionalIdAuthorizationFailed
            : GroupAccess.CanRead(context.Identity, request.GroupId) ? KafkaError.None
            : KafkaError.GroupAuthorizationFailed;
        if (error == KafkaError.None)
        {
            error = await groups.AskAsync(context.Namespace, request.GroupId, (machine, now) =>
            {
                if (!machine.Consumers.IsEmpty)
                    generation = machine.Generation;
                return machine.Commit(request.MemberId, request.GroupInstanceId, request.Generation, now, isTransactional: true);
            }).ConfigureAwait(false);
        }
        var commits = new OffsetCommits(topics, request.GroupId, error, context, mayWithdraw: false);
        foreach (var topic in request.Topics)
        {
            commits.Begin(topic.Name, topic.Partitions.Count);
            foreach (var partition in topic.Partitions)
                commits.Add(partition.Index, partition.Offset, partition.LeaderEpoch, partition.Metadata);
        }
        if (commits.Offsets.Count > 0)
        {
            var commit = new OffsetCommit { Namespace = context.Namespace, Group = request.GroupId, Generation = generation, Offsets = commits.Offsets };
            var stored = await StoreAsync(request, commit, context.Aborted).ConfigureAwait(false);
            commits.Stored(stored);
        }
        return new() { Topics = commits.Answers };
    }

    /// <summary>The first of a transaction in a group needs proof that the transaction is open, as the first batch in a log does (decision 0017).</summary>
    private async ValueTask<KafkaError> StoreAsync(TxnOffsetCommitRequest request, OffsetCommit commit, CancellationToken aborted)
    {
        var pending = new PendingCommit(commit, request.ProducerId, request.ProducerEpoch);
        var result = await consumers.CommitPendingOffsetsAsync(pending, aborted).ConfigureAwait(false);
        for (var questions = 0; result.Error == ErrorCode.TransactionMismatch && questions < QuestionsMax; questions++)
        {
            var error = await transactions.CheckAsync(commit.Namespace, request.TransactionalId, request.ProducerId, request.ProducerEpoch, commit.Group).ConfigureAwait(false);
            if (error != KafkaError.None)
                return error == KafkaError.ProducerFenced ? KafkaError.InvalidProducerEpoch : error;
            result = await consumers.CommitPendingOffsetsAsync(pending with { BeginsAfter = result.Ended }, aborted).ConfigureAwait(false);
        }
        return result.Error == ErrorCode.TransactionMismatch ? KafkaError.InvalidTransactionState : OffsetCommitHandler.ToKafka(result.Error);
    }
}

using System.Text;
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
    private const int MetadataBytesMax = 4096;

    /// <summary>Ends of transactions that may come between the question whether one is open and the commit that begins it in the group.</summary>
    private const int QuestionsMax = 3;

    protected override async ValueTask<TxnOffsetCommitResponse> HandleAsync(TxnOffsetCommitRequest request, RequestContext context)
    {
        var generation = request.Generation;
        var error = TransactionAccess.CanUse(context.Identity, request.TransactionalId) ? KafkaError.None : KafkaError.TransactionalIdAuthorizationFailed;
        if (error == KafkaError.None)
        {
            error = await groups.AskAsync(context.Namespace, request.GroupId, (machine, now) =>
            {
                if (!machine.Consumers.IsEmpty)
                    generation = machine.Generation;
                // Who does not say that it is a member is held to its producer's epoch alone.
                return request is { MemberId: "", Generation: < 0, GroupInstanceId: null } ? KafkaError.None : machine.Commit(request.MemberId, request.GroupInstanceId, request.Generation, now);
            }).ConfigureAwait(false);
        }
        var offsets = new List<GroupOffset>();
        var answers = new List<TxnOffsetCommitResponse.Topic>(request.Topics.Count);
        var accepted = new List<TxnOffsetCommitResponse.Partition>();
        foreach (var topic in request.Topics)
        {
            var partitions = new List<TxnOffsetCommitResponse.Partition>(topic.Partitions.Count);
            foreach (var partition in topic.Partitions)
            {
                var answer = new TxnOffsetCommitResponse.Partition { Index = partition.Index, Error = error == KafkaError.None ? Check(topic.Name, partition, request, context) : error };
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
            var commit = new OffsetCommit { Namespace = context.Namespace, Group = request.GroupId, Generation = generation, Offsets = offsets };
            var stored = await StoreAsync(request, commit, context.Aborted).ConfigureAwait(false);
            foreach (var answer in accepted)
                answer.Error = stored;
        }
        return new() { Topics = answers };
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

    private KafkaError Check(string name, TxnOffsetCommitRequest.Partition partition, TxnOffsetCommitRequest request, RequestContext context)
    {
        if (!topics.TryGet(context.Namespace, name, out var topic) || partition.Index < 0 || partition.Index >= topic.Spec.Partitions)
            return KafkaError.UnknownTopicOrPartition;
        if (!TopicAccess.CanRead(context.Identity, topic, request.GroupId))
            return KafkaError.TopicAuthorizationFailed;
        return partition.Metadata is { } metadata && Encoding.UTF8.GetByteCount(metadata) > MetadataBytesMax ? KafkaError.OffsetMetadataTooLarge : KafkaError.None;
    }
}

using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Gateway.Transactions;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>
/// Appends record batches as the bytes they came in. All of a request's batches are under way before the first is waited for, and the next request of the connection
/// follows at once, so a producer's batches keep their order and one flush of the disk serves many. Where a topic has to be looked up first, the whole request and those behind it wait for that. Batches of
/// transactions go through <see cref="TransactionalAppends"/>.
/// </summary>
internal sealed class ProduceHandler(ILogClient logs, TopicDirectory topics, TransactionalAppends transactional, Quotas quotas) : ApiHandler
{
    public override KafkaApi Api => ProduceRequest.Api;

    public override bool IsPipelined => true;

    public override ValueTask<Reply> HandleAsync(RequestContext context, ReadOnlyMemory<byte> body)
    {
        // No await before the appends are under way: see above.
        if (Read<ProduceRequest>(context, body) is not { } request)
            return new(Reply.Close);
        context.Throttle = quotas.Produced(context, body.Length);
        var found = new FoundTopic[request.Topics.Count];
        var areKnown = true;
        for (var i = 0; i < found.Length; i++)
        {
            found[i] = Find(request, request.Topics[i], context);
            areKnown &= found[i].IsKnown;
        }
        return areKnown ? FinishAsync(context, request, Start(request, found, context)) : LearnAsync(context, request, found);
    }

    /// <summary>A topic that is not known here was perhaps just made through another gateway. Were it refused, batches that follow would be taken before it.</summary>
    private async ValueTask<Reply> LearnAsync(RequestContext context, ProduceRequest request, FoundTopic[] found)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Begun = begun.Task;
        StartedRequest started;
        try
        {
            await topics.LearnAsync(context.Namespace, request.Topics.Where((_, i) => !found[i].IsKnown).Select(static topic => topic.Name), context.Aborted).ConfigureAwait(false);
            for (var i = 0; i < found.Length; i++)
                found[i] = found[i].IsKnown ? found[i] : Find(request, request.Topics[i], context);
            started = Start(request, found, context);
        }
        finally
        {
            begun.SetResult();
        }
        return await FinishAsync(context, request, started).ConfigureAwait(false);
    }

    private StartedRequest Start(ProduceRequest request, FoundTopic[] found, RequestContext context)
    {
        var appends = new List<PendingAppend>();
        var answers = new List<ProduceResponse.Topic>(found.Length);
        for (var i = 0; i < found.Length; i++)
            answers.Add(Start(request, request.Topics[i], found[i], context, appends));
        return new(new ProduceResponse { Topics = answers }, appends);
    }

    private async ValueTask<Reply> FinishAsync(RequestContext context, ProduceRequest request, StartedRequest started)
    {
        var response = started.Response;
        foreach (var pending in started.Appends)
        {
            var answer = pending.Answer;
            AppendResult result;
            if (pending.Transactional is { } transactional)
            {
                (answer.Error, result) = await transactional.ConfigureAwait(false);
            }
            else
            {
                result = await pending.Append.ConfigureAwait(false);
                answer.Error = Outcomes.ToKafka(result.Error);
            }
            if (answer.Error != KafkaError.None)
                continue;
            context.Connection.CountStored(pending.Records);
            answer.BaseOffset = result.BaseOffset.Value;
            answer.LogStartOffset = result.LogStartOffset.Value;
        }
        if (request.Acks != 0)
            return Answer(context, response);
        // Nothing can be said to a client that waits for no answer; a lost connection makes it look again where its topics are.
        return response.Topics.All(static topic => topic.Partitions.All(static partition => partition.Error == KafkaError.None)) ? Reply.None : Reply.Close;
    }

    private ProduceResponse.Topic Start(
        ProduceRequest request, ProduceRequest.Topic wanted, FoundTopic found, RequestContext context, List<PendingAppend> appends)
    {
        var answers = new List<ProduceResponse.Partition>(wanted.Partitions.Count);
        foreach (var partition in wanted.Partitions)
        {
            var answer = new ProduceResponse.Partition { Index = partition.Index, Error = found.Error };
            answers.Add(answer);
            if (found.Topic is { } topic)
                Start(request, topic, partition, answer, context, appends);
        }
        return new ProduceResponse.Topic { Name = wanted.Name, Partitions = answers };
    }

    private void Start(
        ProduceRequest request, Topic topic, ProduceRequest.Partition partition, ProduceResponse.Partition answer, RequestContext context,
        List<PendingAppend> appends)
    {
        if (partition.Index < 0 || partition.Index >= topic.Spec.Partitions)
        {
            answer.Error = KafkaError.UnknownTopicOrPartition;
            return;
        }
        var batch = partition.Records ?? default;
        var verdict = ProducedBatch.Check(batch, context.Version, isRestricted: context.Identity.Permissions is not null, needsKeys: topic.Spec.Retention.MaxRecordsPerKey > 0);
        if (verdict.Error != KafkaError.None)
        {
            (answer.Error, answer.ErrorMessage, answer.RecordErrors) = (verdict.Error, verdict.Message, verdict.Records ?? []);
            return;
        }
        var append = new AppendRequest
        {
            Log = new TopicPartition(topic.Namespace, topic.Name, partition.Index),
            Batch = batch,
            Durability = DurabilityOf(request.Acks, topic),
        };
        var header = new RecordBatchHeader(batch.Span);
        context.Connection.CountProduced(header.RecordCount);
        if (!header.IsTransactional)
        {
            appends.Add(new PendingAppend(answer, logs.AppendAsync(append), null, header.RecordCount));
            return;
        }
        if (request.TransactionalId is not { } id || !TransactionAccess.CanUse(context.Identity, id))
            answer.Error = KafkaError.TransactionalIdAuthorizationFailed;
        else
            appends.Add(new PendingAppend(answer, default, transactional.AppendAsync(new TransactionalAppend(id, context.Version, append)), header.RecordCount));
    }

    private FoundTopic Find(ProduceRequest request, ProduceRequest.Topic wanted, RequestContext context)
    {
        if (request.Acks is < -1 or > 1)
            return new(null, KafkaError.InvalidRequiredAcks, IsKnown: true);
        if (!TopicAccess.CanProduce(context.Identity, wanted.Name))
            return new(null, KafkaError.TopicAuthorizationFailed, IsKnown: true);
        if (!topics.TryGet(context.Namespace, wanted.Name, out var topic))
            return new(null, KafkaError.UnknownTopicOrPartition, IsKnown: false);
        return topic.IsReserved() ? new(null, KafkaError.InvalidTopic, IsKnown: true) : new(topic, KafkaError.None, HasAll(topic, wanted.Partitions));
    }

    private static bool HasAll(Topic topic, IReadOnlyList<ProduceRequest.Partition> partitions)
    {
        for (var i = 0; i < partitions.Count; i++)
        {
            if (partitions[i].Index >= topic.Spec.Partitions)
                return false;
        }
        return true;
    }

    /// <summary>acks=all: as safe as the topic promises (the device, unless it was made otherwise). Less asked for: the operating system, or less where the topic gives less.</summary>
    private static Durability DurabilityOf(short acks, Topic topic) =>
        acks == -1 || topic.Spec.Durability < Durability.Written ? Durability.TopicDefault : Durability.Written;

    /// <param name="Topic">Null where nothing can be appended to it: <paramref name="Error"/> says why.</param>
    /// <param name="IsKnown">False: the topic, or a partition that is wanted of it, may be there without this gateway knowing.</param>
    private readonly record struct FoundTopic(Topic? Topic, KafkaError Error, bool IsKnown);

    private readonly record struct StartedRequest(ProduceResponse Response, List<PendingAppend> Appends);

    private readonly record struct PendingAppend(ProduceResponse.Partition Answer, ValueTask<AppendResult> Append, Task<TransactionalOutcome>? Transactional, int Records);
}

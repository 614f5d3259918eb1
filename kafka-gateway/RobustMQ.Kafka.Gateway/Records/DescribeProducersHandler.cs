using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>Tells which idempotent producers logs remember, and where their open transactions begin: how an administrator finds out what keeps readers of committed records waiting.</summary>
internal sealed class DescribeProducersHandler(ILogClient logs, TopicDirectory topics) : ApiHandler<DescribeProducersRequest, DescribeProducersResponse>
{
    protected override async ValueTask<DescribeProducersResponse> HandleAsync(DescribeProducersRequest request, RequestContext context)
    {
        var answers = new List<DescribeProducersResponse.Topic>(request.Topics.Count);
        foreach (var topic in request.Topics.GroupBy(static topic => topic.Name, static topic => topic.Partitions))
        {
            var partitions = await Task.WhenAll(topic.SelectMany(static partitions => partitions).Distinct().Select(index => ListAsync(topic.Key, index, context))).ConfigureAwait(false);
            answers.Add(new DescribeProducersResponse.Topic { Name = topic.Key, Partitions = partitions });
        }
        return new DescribeProducersResponse { Topics = answers };
    }

    private async Task<DescribeProducersResponse.Partition> ListAsync(string name, int index, RequestContext context)
    {
        if (!topics.TryGet(context.Namespace, name, out var topic) || index < 0 || index >= topic.Spec.Partitions)
            return new() { Index = index, Error = TopicAccess.Missing(context.Identity, name, topic) };
        if (!TopicAccess.CanRead(context.Identity, topic))
            return new() { Index = index, Error = KafkaError.TopicAuthorizationFailed };
        var found = await logs.ListProducersAsync(new TopicPartition(topic.Namespace, topic.Name, index), context.Aborted).ConfigureAwait(false);
        return found.Error == ErrorCode.None
            ? new() { Index = index, Producers = [.. found.Producers.Select(Tell)] }
            : new() { Index = index, Error = Outcomes.ToKafka(found.Error) };
    }

    private static DescribeProducersResponse.Producer Tell(LogProducer producer) => new()
    {
        ProducerId = producer.ProducerId,
        Epoch = producer.Epoch,
        LastSequence = producer.LastSequence,
        LastTimestampMs = producer.LastSeenMs,
        CoordinatorEpoch = producer.CoordinatorEpoch,
        TransactionStartOffset = producer.OpenSince.Value,
    };
}

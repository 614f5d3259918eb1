using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Topics;

internal sealed class DeleteRecordsHandler(ILogClient logs, TopicDirectory topics) : ApiHandler<DeleteRecordsRequest, DeleteRecordsResponse>
{
    private const long Everything = -1;

    protected override async ValueTask<DeleteRecordsResponse> HandleAsync(DeleteRecordsRequest request, RequestContext context)
    {
        var answers = new List<DeleteRecordsResponse.Topic>(request.Topics.Count);
        foreach (var topic in request.Topics)
        {
            var partitions = new List<DeleteRecordsResponse.Partition>(topic.Partitions.Count);
            foreach (var wanted in topic.Partitions)
                partitions.Add(await DeleteAsync(topic.Name, wanted, context).ConfigureAwait(false));
            answers.Add(new() { Name = topic.Name, Partitions = partitions });
        }
        return new DeleteRecordsResponse { Topics = answers };
    }

    private async ValueTask<DeleteRecordsResponse.Partition> DeleteAsync(string name, DeleteRecordsRequest.Partition wanted, RequestContext context)
    {
        if (!topics.TryGet(context.Namespace, name, out var topic) || wanted.Index < 0 || wanted.Index >= topic.Spec.Partitions)
            return new() { Index = wanted.Index, Error = TopicAccess.Missing(context.Identity, name, topic) };
        if (!TopicAccess.CanChange(context.Identity, name, GrantOperation.Delete, topic.Spec.Filters))
            return new() { Index = wanted.Index, Error = KafkaError.TopicAuthorizationFailed };
        if (topic.IsReserved())
            return new() { Index = wanted.Index, Error = KafkaError.InvalidTopic };
        // What is only compacted keeps the newest of every key, wherever it lies.
        if (topic.Spec.Retention is { MaxRecordsPerKey: > 0, MaxAgeMs: 0, MaxBytes: 0 })
            return new() { Index = wanted.Index, Error = KafkaError.PolicyViolation };
        var log = new TopicPartition(topic.Namespace, topic.Name, wanted.Index);
        var offsets = await logs.OffsetsAsync(log, cancellationToken: context.Aborted).ConfigureAwait(false);
        if (offsets.Error != ErrorCode.None)
            return new() { Index = wanted.Index, Error = Outcomes.ToKafka(offsets.Error) };
        var before = wanted.Offset == Everything ? offsets.End : new Offset(wanted.Offset);
        if (before < Offset.Zero || before > offsets.End)
            return new() { Index = wanted.Index, Error = KafkaError.OffsetOutOfRange };
        // What is gone already need not be deleted.
        if (before <= offsets.Start)
            return new() { Index = wanted.Index, LowWatermark = offsets.Start.Value };
        var result = await logs.DeleteAsync(new DeleteRequest { Log = log, BeforeOffset = before }, context.Aborted).ConfigureAwait(false);
        return new() { Index = wanted.Index, LowWatermark = result.LogStartOffset.Value, Error = Outcomes.ToKafka(result.Error) };
    }
}

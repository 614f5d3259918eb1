using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>How much each partition holds. Where the storage-node keeps it is its own matter: there is one "directory", the storage.</summary>
internal sealed class DescribeLogDirsHandler(ILogClient logs, TopicDirectory topics) : ApiHandler<DescribeLogDirsRequest, DescribeLogDirsResponse>
{
    private const string Storage = "storage-node";

    protected override async ValueTask<DescribeLogDirsResponse> HandleAsync(DescribeLogDirsRequest request, RequestContext context)
    {
        var described = new List<DescribeLogDirsResponse.Topic>();
        foreach (var (topic, partitions) in Wanted(request, context))
        {
            var sizes = new List<DescribeLogDirsResponse.Partition>();
            foreach (var index in partitions)
            {
                var offsets = await logs.OffsetsAsync(new TopicPartition(topic.Namespace, topic.Name, index), cancellationToken: context.Aborted).ConfigureAwait(false);
                if (offsets.Error == ErrorCode.None)
                    sizes.Add(new() { Index = index, Bytes = offsets.SizeBytes });
            }
            described.Add(new() { Name = topic.Name.Value, Partitions = sizes });
        }
        return new DescribeLogDirsResponse { Directories = [new() { Path = Storage, Topics = described }] };
    }

    private IEnumerable<(Topic Topic, IEnumerable<int> Partitions)> Wanted(DescribeLogDirsRequest request, RequestContext context)
    {
        if (request.Topics is null)
        {
            return topics.List(context.Namespace, includeInternal: false).Where(topic => TopicAccess.CanDescribe(context.Identity, topic))
                .Select(static topic => (topic, Enumerable.Range(0, topic.Spec.Partitions)));
        }
        return request.Topics
            .Select(wanted => (Topic: topics.TryGet(context.Namespace, wanted.Name, out var topic) && TopicAccess.CanDescribe(context.Identity, topic) ? topic : null, wanted.Partitions))
            .Where(static wanted => wanted.Topic is not null)
            .Select(static wanted => (wanted.Topic!, wanted.Partitions.Where(index => index >= 0 && index < wanted.Topic!.Spec.Partitions)));
    }
}

using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>
/// Says where an epoch ended in a log, so that a consumer notices when records it has read were lost in a crash. Epochs ascend along a log: the end is searched by
/// halving, a batch a step.
/// </summary>
internal sealed class OffsetForLeaderEpochHandler(ILogClient logs, TopicDirectory topics) : ApiHandler<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>
{
    protected override async ValueTask<OffsetForLeaderEpochResponse> HandleAsync(OffsetForLeaderEpochRequest request, RequestContext context)
    {
        var answers = new List<OffsetForLeaderEpochResponse.Topic>(request.Topics.Count);
        foreach (var topic in request.Topics)
        {
            var partitions = new List<OffsetForLeaderEpochResponse.Partition>(topic.Partitions.Count);
            foreach (var partition in topic.Partitions)
                partitions.Add(await FindAsync(topic.Name, partition, context).ConfigureAwait(false));
            answers.Add(new OffsetForLeaderEpochResponse.Topic { Name = topic.Name, Partitions = partitions });
        }
        return new OffsetForLeaderEpochResponse { Topics = answers };
    }

    private async ValueTask<OffsetForLeaderEpochResponse.Partition> FindAsync(string name, OffsetForLeaderEpochRequest.Partition wanted, RequestContext context)
    {
        if (!topics.TryGet(context.Namespace, name, out var topic) || wanted.Index < 0 || wanted.Index >= topic.Spec.Partitions)
            return Failed(wanted, TopicAccess.Missing(context.Identity, name, topic));
        if (!TopicAccess.CanDescribe(context.Identity, topic))
            return Failed(wanted, KafkaError.TopicAuthorizationFailed);
        if (wanted.CurrentLeaderEpoch > topics.Epoch.Value)
            return Failed(wanted, KafkaError.UnknownLeaderEpoch);
        if (wanted.CurrentLeaderEpoch >= 0 && wanted.CurrentLeaderEpoch < topics.Epoch.Value)
            return Failed(wanted, KafkaError.FencedLeaderEpoch);

        var log = new TopicPartition(topic.Namespace, topic.Name, wanted.Index);
        var offsets = await logs.OffsetsAsync(log, -1, ReadIsolation.Stored, context.Aborted).ConfigureAwait(false);
        if (offsets.Error != ErrorCode.None)
            return Failed(wanted, Outcomes.ToKafka(offsets.Error));
        var epoch = new Epoch(wanted.LeaderEpoch);
        if (epoch == Epoch.None || epoch > topics.Epoch)
            return new() { Index = wanted.Index };
        if (epoch == topics.Epoch)
            return new() { Index = wanted.Index, LeaderEpoch = epoch.Value, EndOffset = offsets.End.Value };

        // Between them lies the first batch of a later epoch; what is before `from` is of this epoch or an earlier one.
        var (from, to) = (offsets.Start, offsets.End);
        var found = Epoch.None;
        while (from < to)
        {
            var middle = from + ((to - from) / 2);
            using var read = await logs.ReadStoredBatchAsync(log, middle, context.Aborted).ConfigureAwait(false);
            if (!read.Succeeded)
                return Failed(wanted, Outcomes.ToKafka(read.Error));
            if (read.Batches.IsEmpty || BatchOf(read) is var batch && batch.Epoch > epoch)
            {
                to = middle;
                continue;
            }
            (found, from) = (batch.Epoch, batch.Last + 1);
        }
        // Nothing is left of it and those before: it ended where the log begins now at the latest, so whoever has read up to there has lost nothing.
        return new() { Index = wanted.Index, LeaderEpoch = found == Epoch.None ? epoch.Value : found.Value, EndOffset = from.Value };
    }

    private static (Epoch Epoch, Offset Last) BatchOf(ReadResult read)
    {
        var header = new RecordBatchHeader(read.Batches.Span);
        return (header.LeaderEpoch, header.LastOffset);
    }

    private static OffsetForLeaderEpochResponse.Partition Failed(OffsetForLeaderEpochRequest.Partition wanted, KafkaError error) => new() { Index = wanted.Index, Error = error };
}

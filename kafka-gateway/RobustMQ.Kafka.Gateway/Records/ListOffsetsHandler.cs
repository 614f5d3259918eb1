using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>Answers where a log begins and ends, and where a time is in it.</summary>
internal sealed class ListOffsetsHandler(ILogClient logs, TopicDirectory topics) : ApiHandler<ListOffsetsRequest, ListOffsetsResponse>
{
    private const long Latest = -1;
    private const long Earliest = -2;
    private const long MaxTimestamp = -3;

    /// <summary>Logs here have no second tier: the earliest local record is the earliest, and no record has gone over to it.</summary>
    private const long EarliestLocal = -4;
    private const long LatestTiered = -5;

    private const short MaxTimestampFrom = 7;
    private const short EarliestLocalFrom = 8;
    private const short LatestTieredFrom = 9;

    protected override async ValueTask<ListOffsetsResponse> HandleAsync(ListOffsetsRequest request, RequestContext context)
    {
        var answers = new List<ListOffsetsResponse.Topic>(request.Topics.Count);
        var asked = new HashSet<(string, int)>();
        foreach (var topic in request.Topics)
        {
            var partitions = await Task.WhenAll(topic.Partitions.Select(partition => asked.Add((topic.Name, partition.Index))
                ? FindAsync(topic.Name, partition, Isolations.Of(request.IsolationLevel), context)
                : Task.FromResult(Failed(partition, KafkaError.InvalidRequest)))).ConfigureAwait(false);
            answers.Add(new ListOffsetsResponse.Topic { Name = topic.Name, Partitions = partitions });
        }
        return new ListOffsetsResponse { Topics = answers };
    }

    private async Task<ListOffsetsResponse.Partition> FindAsync(string name, ListOffsetsRequest.Partition wanted, ReadIsolation isolation, RequestContext context)
    {
        if (!topics.TryGet(context.Namespace, name, out var topic) || wanted.Index < 0 || wanted.Index >= topic.Spec.Partitions)
            return Failed(wanted, TopicAccess.Missing(context.Identity, name, topic));
        if (!TopicAccess.CanDescribe(context.Identity, topic))
            return Failed(wanted, KafkaError.TopicAuthorizationFailed);

        if (!Knows(context.Version, wanted.TimestampMs))
            return Failed(wanted, KafkaError.UnsupportedVersion);
        if (wanted.CurrentLeaderEpoch > topics.Epoch.Value)
            return Failed(wanted, KafkaError.UnknownLeaderEpoch);
        if (wanted.CurrentLeaderEpoch >= 0 && wanted.CurrentLeaderEpoch < topics.Epoch.Value)
            return Failed(wanted, KafkaError.FencedLeaderEpoch);

        var log = new TopicPartition(topic.Namespace, topic.Name, wanted.Index);
        if (wanted.TimestampMs == MaxTimestamp)
            return await FindMaxTimestampAsync(log, wanted, isolation, context).ConfigureAwait(false);
        if (wanted.TimestampMs == LatestTiered)
            return Found(wanted, Offset.None, -1, Epoch.None);
        var offsets = await logs.OffsetsAsync(log, Math.Max(-1, wanted.TimestampMs), isolation, context.Aborted).ConfigureAwait(false);
        if (offsets.Error != ErrorCode.None)
            return Failed(wanted, Outcomes.ToKafka(offsets.Error));
        return wanted.TimestampMs switch
        {
            Latest => Found(wanted, offsets.End, -1, topics.Epoch),
            Earliest or EarliestLocal => Found(wanted, offsets.Start, -1, Epoch.None),
            _ => Found(wanted, offsets.AtTime, offsets.AtTimeTimestampMs, Epoch.None),
        };
    }

    /// <summary>Times before 0 are places in the log, each known from a version on.</summary>
    private static bool Knows(short version, long timestampMs) => timestampMs switch
    {
        >= Earliest => true,
        MaxTimestamp => version >= MaxTimestampFrom,
        EarliestLocal => version >= EarliestLocalFrom,
        LatestTiered => version >= LatestTieredFrom,
        _ => false,
    };

    /// <summary>
    /// The record with the greatest timestamp, by asking what lies at or after ever later times: doubling steps from the newest batch's time, then halving. A log whose
    /// times ascend is answered at the second question.
    /// </summary>
    private async Task<ListOffsetsResponse.Partition> FindMaxTimestampAsync(
        TopicPartition log, ListOffsetsRequest.Partition wanted, ReadIsolation isolation, RequestContext context)
    {
        var offsets = await logs.OffsetsAsync(log, -1, isolation, context.Aborted).ConfigureAwait(false);
        if (offsets.Error != ErrorCode.None)
            return Failed(wanted, Outcomes.ToKafka(offsets.Error));
        if (offsets.End <= offsets.Start)
            return Found(wanted, Offset.None, -1, Epoch.None);
        using var last = await logs.ReadStoredBatchAsync(log, offsets.End + -1, context.Aborted).ConfigureAwait(false);
        if (!last.Succeeded)
            return Failed(wanted, Outcomes.ToKafka(last.Error));
        if (last.Batches.IsEmpty)
            return Found(wanted, Offset.None, -1, Epoch.None);

        var found = await logs.OffsetsAsync(log, Math.Max(0, new RecordBatchHeader(last.Batches.Span).MaxTimestampMs), isolation, context.Aborted).ConfigureAwait(false);
        for (var step = 1L; step > 0;)
        {
            if (found.Error != ErrorCode.None)
                return Failed(wanted, Outcomes.ToKafka(found.Error));
            var later = await logs.OffsetsAsync(log, found.AtTimeTimestampMs + step, isolation, context.Aborted).ConfigureAwait(false);
            var isLater = later.Error == ErrorCode.None && later.AtTime != Offset.None;
            if (isLater)
                found = later;
            else if (step == 1)
                break;
            step = isLater && step < (1L << 40) ? step * 2 : Math.Max(1, step / 2);
        }
        return Found(wanted, found.AtTime, found.AtTimeTimestampMs, Epoch.None);
    }

    private static ListOffsetsResponse.Partition Failed(ListOffsetsRequest.Partition wanted, KafkaError error) => new() { Index = wanted.Index, Error = error };

    private static ListOffsetsResponse.Partition Found(ListOffsetsRequest.Partition wanted, Offset offset, long timestampMs, Epoch epoch) => new()
    {
        Index = wanted.Index,
        Offset = offset.Value,
        TimestampMs = timestampMs,
        LeaderEpoch = epoch.Value,
        OldStyleOffsets = offset == Offset.None ? [] : [offset.Value],
    };
}

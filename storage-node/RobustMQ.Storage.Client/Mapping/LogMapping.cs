using Google.Protobuf;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Mapping;

/// <summary>The vocabulary to messages and back. What a storage-node sends is taken as valid: a name that is not ends in a <see cref="FormatException"/>.</summary>
internal static class LogMapping
{
    public static Proto.TopicPartition ToMessage(TopicPartition log) =>
        new() { Namespace = log.Namespace.Value, Topic = log.Topic.Value, Partition = log.Partition };

    public static TopicPartition FromMessage(Proto.TopicPartition log) =>
        new(Names.Namespace(log.Namespace), TopicName.Parse(log.Topic), log.Partition);

    /// <summary>Fills a message that is used again and again. The batch is not copied.</summary>
    public static void Fill(Proto.AppendRequest message, Proto.TopicPartition log, in AppendRequest request, ReadOnlyMemory<byte> batch)
    {
        message.Log = log;
        message.Batch = UnsafeByteOperations.UnsafeWrap(batch);
        message.Durability = (Proto.Durability)request.Durability;
        message.Conditions = request.Conditions is { } conditions ? ToMessage(conditions) : null;
        Fill(message, request.Routing);
    }

    public static AppendResult FromMessage(Proto.AppendReply reply) =>
        new()
        {
            Error = Errors.Code(reply.Error),
            BaseOffset = new Offset(reply.BaseOffset),
            IsDuplicate = reply.Duplicate,
            IsDelayed = reply.Delayed,
            LogStartOffset = new Offset(reply.LogStartOffset),
            LeaderEpoch = new Epoch(reply.LeaderEpoch),
        };

    public static Proto.ReadRequest ToMessage(ReadRequest request)
    {
        var message = new Proto.ReadRequest
        {
            Log = ToMessage(request.Log),
            Start = (Proto.StartPosition)request.Start,
            Offset = request.Offset.Value,
            TimeMs = request.TimeMs,
            MaxBytes = request.MaxBytes,
            MaxRecords = request.MaxRecords,
            MinBytes = request.MinBytes,
            MaxWaitMs = (int)Math.Clamp(request.MaxWait.TotalMilliseconds, 0, int.MaxValue),
        };
        foreach (var filter in request.Filters)
            message.Filters.Add(filter.Value);
        if (request.Lane is { } lane)
            message.Lane = lane;
        message.ByPriority = request.ByPriority;
        foreach (var position in request.LanePositions)
            message.LanePositions.Add(new Proto.LanePosition { Lane = position.Lane, NextOffset = position.Next.Value });
        return message;
    }

    /// <summary>The batches stay the message's own memory: nothing to return to a pool.</summary>
    public static ReadResult FromMessage(Proto.ReadReply reply) =>
        new(null, reply.Batches.Memory)
        {
            Error = Errors.Code(reply.Error),
            NextOffset = new Offset(reply.NextOffset),
            LanePositions = reply.LanePositions.Count == 0
                ? []
                : [.. reply.LanePositions.Select(static position => new LanePosition((byte)position.Lane, new Offset(position.NextOffset)))],
            LogStartOffset = new Offset(reply.LogStartOffset),
            LogEndOffset = new Offset(reply.LogEndOffset),
        };

    public static Proto.ReadManyRequest ToMessage(ReadManyRequest request)
    {
        var message = new Proto.ReadManyRequest
        {
            MaxBytes = request.MaxBytes,
            MinBytes = request.MinBytes,
            MaxWaitMs = (int)Math.Clamp(request.MaxWait.TotalMilliseconds, 0, int.MaxValue),
            Isolation = (Proto.ReadIsolation)request.Isolation,
        };
        var topic = default(TopicPartition);
        foreach (var (log, offset, bytes) in request.Logs)
        {
            if (message.Topics.Count == 0 || log.Topic != topic.Topic || log.Namespace != topic.Namespace)
                message.Topics.Add(new Proto.ReadManyRequest.Types.Topic { Namespace = log.Namespace.Value, Name = log.Topic.Value });
            topic = log;
            message.Topics[^1].Logs.Add(new Proto.ReadManyRequest.Types.Log { Partition = log.Partition, Offset = offset.Value, MaxBytes = bytes });
        }
        return message;
    }

    /// <summary>The batches stay the message's own memory: nothing to return to a pool.</summary>
    public static ReadResult FromMessage(Proto.ReadManyReply.Types.Entry entry) =>
        new(null, entry.Batches.Memory)
        {
            Error = Errors.Code(entry.Error),
            NextOffset = new Offset(entry.NextOffset),
            LogStartOffset = new Offset(entry.LogStartOffset),
            LogEndOffset = new Offset(entry.LogEndOffset),
            StableEndOffset = new Offset(entry.StableEndOffset),
            Aborted = entry.Aborted.Count == 0 ? [] : [.. entry.Aborted.Select(static aborted => new AbortedTransaction(aborted.ProducerId, new Offset(aborted.FirstOffset)))],
        };

    public static LogOffsets FromMessage(Proto.OffsetsReply.Types.Entry entry) =>
        new()
        {
            Error = Errors.Code(entry.Error),
            Start = new Offset(entry.StartOffset),
            End = new Offset(entry.EndOffset),
            AtTime = new Offset(entry.TimeOffset),
            AtTimeTimestampMs = entry.TimeOffsetTimestampMs,
            SizeBytes = entry.SizeBytes,
            RecordCount = entry.RecordCount,
            LeaderEpoch = new Epoch(entry.LeaderEpoch),
        };

    public static LogOffsets FailedOffsets(ErrorCode error) =>
        new() { Error = error, Start = Offset.None, End = Offset.None, AtTime = Offset.None, AtTimeTimestampMs = -1, LeaderEpoch = Epoch.None };

    public static LogProducers FromMessage(Proto.ProducersReply reply) => new(
        Errors.Code(reply.Error),
        [.. reply.Producers.Select(static producer => new LogProducer(
            producer.ProducerId, (short)producer.Epoch, producer.LastSequence, producer.LastSeenMs, producer.CoordinatorEpoch, new Offset(producer.OpenSince)))]);

    public static Proto.DeleteRequest ToMessage(DeleteRequest request)
    {
        var message = new Proto.DeleteRequest { Log = ToMessage(request.Log), Filter = request.Filter?.Value ?? string.Empty, Keep = request.Keep };
        if (request.BeforeOffset is { } before)
            message.BeforeOffset = before.Value;
        foreach (var offset in request.Offsets)
            message.Offsets.Add(offset.Value);
        return message;
    }

    private static void Fill(Proto.AppendRequest message, in LiveRouting routing)
    {
        if (routing.Origin.IsNone && !routing.QueuesDecided && !routing.LiveOnly && routing.Picks.IsEmpty)
        {
            message.Routing = null;
            return;
        }
        var target = message.Routing ??= new Proto.LiveRouting();
        target.OriginSubscriberId = routing.Origin.Value;
        target.QueuesDecided = routing.QueuesDecided;
        target.LiveOnly = routing.LiveOnly;
        target.Picks.Clear();
        foreach (var pick in routing.Picks.Span)
            target.Picks.Add(new Proto.QueuePick { RecordIndex = pick.RecordIndex, Queue = pick.Queue, SubscriberId = pick.Subscriber.Value });
    }

    private static Proto.AppendConditions ToMessage(AppendConditions conditions)
    {
        var message = new Proto.AppendConditions { MessageId = conditions.MessageId ?? string.Empty };
        if (conditions.ExpectedLastOffset is { } last)
            message.ExpectedLastOffset = last.Value;
        if (conditions.ExpectedLastOffsetForKey is { } lastForKey)
            message.ExpectedLastOffsetForKey = lastForKey.Value;
        if (conditions.BeginsTransactionAfter is { } after)
            message.BeginsTransactionAfter = after.Value;
        return message;
    }
}

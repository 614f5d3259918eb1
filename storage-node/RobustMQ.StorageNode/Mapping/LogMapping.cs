using Google.Protobuf;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.StorageNode.Mapping;

/// <summary>The log service's messages to the vocabulary and back. What callers send is checked: a <see cref="FormatException"/> ends as INVALID_ARGUMENT.</summary>
internal static class LogMapping
{
    /// <summary>Without copying the batch, which stays the message's memory.</summary>
    public static AppendRequest FromMessage(Proto.AppendRequest message, TopicPartition log, ReadOnlyMemory<byte> batch) => new()
    {
        Log = log,
        Batch = batch,
        Durability = IsDefined(message.Durability) ? (Durability)message.Durability : throw new FormatException("unknown durability"),
        Conditions = message.Conditions is { } conditions ? FromMessage(conditions) : null,
        Routing = message.Routing is { } routing ? FromMessage(routing) : default,
    };

    public static void Fill(Proto.AppendReply message, in AppendResult result)
    {
        message.Error = Errors.ToMessage(result.Error);
        message.BaseOffset = result.BaseOffset.Value;
        message.Duplicate = result.IsDuplicate;
        message.Delayed = result.IsDelayed;
        message.LogStartOffset = result.LogStartOffset.Value;
        message.AppendTimeMs = -1;
        message.LeaderEpoch = result.LeaderEpoch.Value;
    }

    public static ReadRequest FromMessage(Proto.ReadRequest message) => new()
    {
        Log = Names.ToLog(message.Log),
        Start = message.Start is >= Proto.StartPosition.AtOffset and <= Proto.StartPosition.LastPerKey
            ? (ReadStart)message.Start
            : throw new FormatException("unknown start position"),
        Offset = new Offset(message.Offset),
        TimeMs = message.TimeMs,
        Filters = Names.ToFilters(message.Filters),
        Lane = message.HasLane ? ToLane(message.Lane) : null,
        ByPriority = message.ByPriority,
        LanePositions = message.LanePositions.Count == 0
            ? []
            : [.. message.LanePositions.Select(static position => new LanePosition(ToLane(position.Lane), new Offset(position.NextOffset)))],
        MaxBytes = NotNegative(message.MaxBytes, "max_bytes") is var bytes and > 0 ? bytes : ReadRequest.DefaultMaxBytes,
        MaxRecords = NotNegative(message.MaxRecords, "max_records"),
        MinBytes = Math.Max(1, NotNegative(message.MinBytes, "min_bytes")),
        MaxWait = TimeSpan.FromMilliseconds(NotNegative(message.MaxWaitMs, "max_wait_ms")),
    };

    public static ReadManyRequest FromMessage(Proto.ReadManyRequest message)
    {
        var logs = new List<LogPosition>();
        foreach (var topic in message.Topics)
        {
            var (ns, name) = (Names.ToNamespace(topic.Namespace), TopicName.Parse(topic.Name));
            foreach (var log in topic.Logs)
                logs.Add(new LogPosition(new TopicPartition(ns, name, NotNegative(log.Partition, "partition")), new Offset(log.Offset), NotNegative(log.MaxBytes, "max_bytes")));
        }
        return new ReadManyRequest
        {
            Logs = logs,
            MaxBytes = NotNegative(message.MaxBytes, "max_bytes"),
            MinBytes = NotNegative(message.MinBytes, "min_bytes"),
            MaxWait = TimeSpan.FromMilliseconds(NotNegative(message.MaxWaitMs, "max_wait_ms")),
            Isolation = ToIsolation(message.Isolation),
        };
    }

    public static void Fill(Proto.ReadReply message, ReadResult result)
    {
        message.NextOffset = result.NextOffset.Value;
        message.LogStartOffset = result.LogStartOffset.Value;
        message.LogEndOffset = result.LogEndOffset.Value;
        foreach (var (lane, next) in result.LanePositions)
            message.LanePositions.Add(new Proto.LanePosition { Lane = lane, NextOffset = next.Value });
    }

    public static Proto.OffsetsReply.Types.Entry ToMessage(Proto.TopicPartition log, in LogOffsets offsets) => new()
    {
        Log = log,
        Error = Errors.ToMessage(offsets.Error),
        StartOffset = offsets.Start.Value,
        EndOffset = offsets.End.Value,
        TimeOffset = offsets.AtTime.Value,
        TimeOffsetTimestampMs = offsets.AtTimeTimestampMs,
        SizeBytes = offsets.SizeBytes,
        RecordCount = offsets.RecordCount,
        LeaderEpoch = offsets.LeaderEpoch.Value,
    };

    public static Proto.ProducersReply.Types.Producer ToMessage(LogProducer producer) => new()
    {
        ProducerId = producer.ProducerId,
        Epoch = producer.Epoch,
        LastSequence = producer.LastSequence,
        LastSeenMs = producer.LastSeenMs,
        CoordinatorEpoch = producer.CoordinatorEpoch,
        OpenSince = producer.OpenSince.Value,
    };

    public static DeleteRequest FromMessage(Proto.DeleteRequest message) => new()
    {
        Log = Names.ToLog(message.Log),
        BeforeOffset = message.HasBeforeOffset ? new Offset(message.BeforeOffset) : null,
        Offsets = [.. message.Offsets.Select(static offset => new Offset(offset))],
        Filter = message.Filter.Length == 0 ? null : SubjectFilter.Parse(message.Filter),
        Keep = message.Keep,
    };

    private static AppendConditions FromMessage(Proto.AppendConditions message) => new()
    {
        ExpectedLastOffset = message.HasExpectedLastOffset ? new Offset(message.ExpectedLastOffset) : null,
        ExpectedLastOffsetForKey = message.HasExpectedLastOffsetForKey ? new Offset(message.ExpectedLastOffsetForKey) : null,
        MessageId = message.MessageId.Length == 0 ? null : message.MessageId,
        BeginsTransactionAfter = message.HasBeginsTransactionAfter ? new Offset(message.BeginsTransactionAfter) : null,
    };

    private static LiveRouting FromMessage(Proto.LiveRouting message) => new()
    {
        Origin = new SubscriberId(message.OriginSubscriberId),
        QueuesDecided = message.QueuesDecided,
        Picks = message.Picks.Count == 0
            ? default
            : message.Picks.Select(static pick => new QueuePick(pick.RecordIndex, pick.Queue, new SubscriberId(pick.SubscriberId))).ToArray(),
        LiveOnly = message.LiveOnly,
    };

    public static ReadIsolation ToIsolation(Proto.ReadIsolation isolation) =>
        isolation is >= Proto.ReadIsolation.Committed and <= Proto.ReadIsolation.StoredStable ? (ReadIsolation)isolation : throw new FormatException("unknown isolation");

    private static bool IsDefined(Proto.Durability durability) => durability is >= Proto.Durability.TopicDefault and <= Proto.Durability.Durable;

    private static byte ToLane(int lane) => lane is >= 0 and <= byte.MaxValue ? (byte)lane : throw new FormatException("a lane is 0 to 255");

    private static int NotNegative(int value, string name) => value >= 0 ? value : throw new FormatException($"{name} is negative");
}

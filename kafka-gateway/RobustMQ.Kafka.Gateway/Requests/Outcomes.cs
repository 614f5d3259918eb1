using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Requests;

/// <summary>The protocol's words for outcomes of the storage.</summary>
internal static class Outcomes
{
    public static KafkaError ToKafka(ErrorCode error) => error switch
    {
        ErrorCode.None => KafkaError.None,
        ErrorCode.InvalidArgument => KafkaError.InvalidRequest,
        ErrorCode.NotFound => KafkaError.UnknownTopicOrPartition,
        ErrorCode.AlreadyExists => KafkaError.TopicAlreadyExists,
        ErrorCode.FilterOverlap => KafkaError.InvalidTopic,
        ErrorCode.CorruptBatch => KafkaError.CorruptMessage,
        ErrorCode.TooLarge => KafkaError.MessageTooLarge,
        ErrorCode.OffsetOutOfRange or ErrorCode.Compacted => KafkaError.OffsetOutOfRange,
        ErrorCode.OutOfSequence => KafkaError.OutOfOrderSequenceNumber,
        ErrorCode.Fenced => KafkaError.InvalidProducerEpoch,
        ErrorCode.TransactionMismatch => KafkaError.InvalidTransactionState,
        ErrorCode.NotLeader or ErrorCode.Sealed => KafkaError.NotLeaderOrFollower,
        ErrorCode.UnknownOutcome or ErrorCode.TimedOut or ErrorCode.Cancelled => KafkaError.RequestTimedOut,
        ErrorCode.Unavailable => KafkaError.LeaderNotAvailable,
        ErrorCode.LimitExceeded => KafkaError.PolicyViolation,
        ErrorCode.Unsupported => KafkaError.InvalidRequest,
        ErrorCode.DiskFailure => KafkaError.KafkaStorageError,
        _ => KafkaError.UnknownServerError,
    };
}

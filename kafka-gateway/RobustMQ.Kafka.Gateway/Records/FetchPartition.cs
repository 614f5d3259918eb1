using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>One partition that a client fetches: where from, and what was found. In a session it lives from fetch to fetch.</summary>
internal sealed class FetchPartition
{
    private (long HighWatermark, long LogStart) _told = (-1, -1);

    public required string TopicName { get; init; }

    public required Guid TopicId { get; init; }

    public required int Index { get; init; }

    public Offset Offset { get; set; }

    public int BytesMax { get; set; }

    public int CurrentLeaderEpoch { get; set; }

    /// <summary>Null where the topic cannot be read: <see cref="Error"/> says why.</summary>
    public TopicPartition? Log { get; set; }

    public KafkaError Error { get; set; }

    /// <summary>Of the read behind the present answer; owned by whoever writes the answer.</summary>
    public ReadResult? Result { get; set; }

    public bool HasRecords => Result is { Batches.IsEmpty: false };

    /// <summary>As the batches' headers say, those before the offset asked for included.</summary>
    public long RecordCount
    {
        get
        {
            var count = 0L;
            for (var batches = new BatchReader(Result?.Batches ?? default); batches.MoveNext();)
                count += new RecordBatchHeader(batches.Current.Span).RecordCount;
            return count;
        }
    }

    /// <summary>What an incremental answer may leave out: nothing new, and nothing wrong.</summary>
    public bool IsWorthTelling => Error != KafkaError.None || HasRecords || _told != Bounds;

    private (long HighWatermark, long LogStart) Bounds => (Result?.LogEndOffset.Value ?? -1, Result?.LogStartOffset.Value ?? -1);

    /// <summary>The result goes over to the answer.</summary>
    public FetchResponse.Partition Tell()
    {
        _told = Bounds;
        return new FetchResponse.Partition
        {
            Index = Index,
            Error = Error,
            HighWatermark = Bounds.HighWatermark,
            LastStableOffset = Bounds.HighWatermark,
            LogStartOffset = Bounds.LogStart,
            Records = Result?.Batches ?? ReadOnlyMemory<byte>.Empty,
        };
    }
}

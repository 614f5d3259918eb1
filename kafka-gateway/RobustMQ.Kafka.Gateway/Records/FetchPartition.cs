using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>One partition that a client fetches: where from, and what was found. In a session it lives from fetch to fetch.</summary>
internal sealed class FetchPartition
{
    private PartitionBounds _told = PartitionBounds.Unknown;

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

    /// <summary>As the batches' headers say, those before the offset asked for included. Control batches are nobody's records.</summary>
    public long RecordCount
    {
        get
        {
            var count = 0L;
            for (var batches = new BatchReader(Result?.Batches ?? default); batches.MoveNext();)
            {
                var header = new RecordBatchHeader(batches.Current.Span);
                count += header.IsControl ? 0 : header.RecordCount;
            }
            return count;
        }
    }

    /// <summary>What an incremental answer may leave out: nothing new, and nothing wrong.</summary>
    public bool IsWorthTelling => Error != KafkaError.None || HasRecords || _told != Bounds;

    private PartitionBounds Bounds => Result is { } read
        ? new(read.LogEndOffset.Value, read.StableEndOffset.Value, read.LogStartOffset.Value)
        : PartitionBounds.Unknown;

    /// <summary>The result goes over to the answer.</summary>
    /// <param name="isolation">That of the read.</param>
    public FetchResponse.Partition Tell(ReadIsolation isolation)
    {
        _told = Bounds;
        return new FetchResponse.Partition
        {
            Index = Index,
            Error = Error,
            HighWatermark = Bounds.HighWatermark,
            LastStableOffset = Bounds.LastStable,
            LogStartOffset = Bounds.LogStart,
            AbortedTransactions = isolation == ReadIsolation.StoredStable ? Aborted() : null,
            Records = Result?.Batches ?? ReadOnlyMemory<byte>.Empty,
        };
    }

    /// <summary>By where they begin: not every client sorts them.</summary>
    private IReadOnlyList<FetchResponse.AbortedTransaction> Aborted() => Result is not { Aborted.Count: > 0 } read
        ? []
        : [.. read.Aborted.OrderBy(static aborted => aborted.First.Value).Select(static aborted => new FetchResponse.AbortedTransaction { ProducerId = aborted.ProducerId, FirstOffset = aborted.First.Value })];

    /// <summary>What an answer says of a log beside its records.</summary>
    private readonly record struct PartitionBounds(long HighWatermark, long LastStable, long LogStart)
    {
        public static PartitionBounds Unknown => new(-1, -1, -1);
    }
}

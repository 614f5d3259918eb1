using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Subjects;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Dispatch;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Logs.Reads;

namespace RobustMQ.Storage.Consumers;

/// <summary>Where a binding begins in one log.</summary>
/// <param name="From">First offset; <see cref="Now"/>: with what is appended from now on.</param>
/// <param name="Singles">Records before it that are its own all the same, ascending.</param>
internal readonly record struct StartPoint(long From, IReadOnlyList<ReadyRecord> Singles)
{
    public const long Now = long.MaxValue;

    private const int PieceBytes = 1 << 20;

    /// <exception cref="StorageException">The log cannot be read, or has more subjects than a consumer may hold single records.</exception>
    public static async ValueTask<StartPoint> FindAsync(LogStore logs, LogPartition partition, ConsumerStart start, IReadOnlyList<SubjectFilter> filters, int singlesMax) =>
        start.Policy switch
        {
            StartPolicy.All => new StartPoint(0, []),
            StartPolicy.New => new StartPoint(Now, []),
            StartPolicy.Offset => new StartPoint(start.Offset.Value, []),
            StartPolicy.Time => new StartPoint(await FindTimeAsync(partition, start.TimeMs).ConfigureAwait(false), []),
            StartPolicy.Last => new StartPoint(await FindLastAsync(logs, partition, filters).ConfigureAwait(false), []),
            _ => await FindLastPerSubjectAsync(partition, filters, singlesMax).ConfigureAwait(false),
        };

    private static async ValueTask<long> FindTimeAsync(LogPartition partition, long timeMs)
    {
        var (offset, _) = await partition.Settled.FindTimeAsync(timeMs).ConfigureAwait(false);
        return offset == Offset.None ? Now : offset.Value;
    }

    private static async ValueTask<long> FindLastAsync(LogStore logs, LogPartition partition, IReadOnlyList<SubjectFilter> filters)
    {
        using var read = await logs.ReadAsync(new ReadRequest { Log = partition.Name, Start = ReadStart.Last, Filters = filters, MaxRecords = 1 }).ConfigureAwait(false);
        StorageException.ThrowIfError(read.Error, "find the last record");
        return read.Batches.IsEmpty ? Now : new RecordBatchHeader(read.Batches.Span).LastOffset.Value;
    }

    private static async ValueTask<StartPoint> FindLastPerSubjectAsync(LogPartition partition, IReadOnlyList<SubjectFilter> filters, int singlesMax)
    {
        var last = new Dictionary<byte[], ReadyRecord>(Utf8Comparer.Instance);
        var until = partition.CommittedEnd;
        using var piece = new PooledBytes();
        using var opened = new OpenedBatch();
        using var cursor = new SelectCursor(partition.Settled, new WantedRecords(filters, partition.TopicSubject), partition.Log.StartOffset);
        while (cursor.Next < until)
        {
            piece.Clear();
            StorageException.ThrowIfError(await cursor.ReadAsync(piece, PieceBytes, 0, nowMs: 0).ConfigureAwait(false), "find the last records");
            Take(piece, opened, until.Value, partition.TopicSubject, last);
            if (last.Count > singlesMax)
                throw new StorageException(ErrorCode.LimitExceeded, $"{partition.Name} has more than {singlesMax} subjects");
        }
        return new StartPoint(until.Value, [.. last.Values.OrderBy(static record => record.Offset)]);
    }

    private static void Take(PooledBytes piece, OpenedBatch opened, long until, byte[] topicSubject, Dictionary<byte[], ReadyRecord> last)
    {
        var bySubject = last.GetAlternateLookup<ReadOnlySpan<byte>>();
        var walker = new BatchWalker(piece.Span);
        while (walker.MoveNext())
        {
            if (!opened.TryOpen(walker.Current))
                continue;
            var reader = opened.Read(walker.Current);
            while (reader.MoveNext())
            {
                ref readonly var record = ref reader.Current;
                if (record.Offset.Value < until)
                    bySubject[record.KeyIsSubject ? record.Key : topicSubject] = LogDispatch.ReadyOf(record, record.Offset.Value, reader.CurrentEncoded.Length);
            }
        }
    }
}

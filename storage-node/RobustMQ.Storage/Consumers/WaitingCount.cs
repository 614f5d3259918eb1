using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Dispatch;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Logs.Reads;

namespace RobustMQ.Storage.Consumers;

/// <summary>
/// Counts what waits for a consumer in a log that it has not read to its end. What is appended and handed out meanwhile is counted as it happens, so the sum is exact at its end; a count that
/// was overtaken by a reset is dropped.
/// </summary>
internal static class WaitingCount
{
    private const int PieceBytes = 1 << 20;
    private const int Attempts = 3;

    public static async ValueTask RunAsync(Consumer consumer)
    {
        foreach (var link in consumer.Links)
        {
            for (var i = 0; i < Attempts && consumer.Read(_ => !link.Progress.IsCounted && !link.Progress.IsGone); i++)
                await RunAsync(consumer, link).ConfigureAwait(false);
        }
    }

    private static async ValueTask RunAsync(Consumer consumer, LogLink link)
    {
        var progress = link.Progress;
        var (generation, until, floor, from) = (0, 0L, 0L, 0L);
        var positions = new Dictionary<byte, long>();
        IReadOnlyList<SubjectFilter> filters = [];
        link.Dispatch.WhileStill(0, (_, matched) => consumer.Read(_ =>
        {
            if (progress.IsCounted)
                return 0;
            progress.Uncount();
            (generation, until, floor, from) = (progress.CountGeneration, matched, progress.Base, progress.Position);
            filters = ReadyFill.FiltersOf(progress);
            foreach (var lane in progress.Lanes)
                positions[lane.Priority] = lane.Position;
            return 0;
        }));
        var (records, bytes) = (0L, 0L);
        using var piece = new PooledBytes();
        using var opened = new OpenedBatch();
        using var cursor = new SelectCursor(
            link.Partition.Settled, new WantedRecords(filters, link.Partition.TopicSubject), new Offset(Math.Max(from, link.Partition.Log.StartOffset.Value)));
        while (cursor.Next.Value < until)
        {
            piece.Clear();
            if (await cursor.ReadAsync(piece, PieceBytes, 0, nowMs: 0).ConfigureAwait(false) != ErrorCode.None)
                return;
            consumer.Read(machine => Add(machine, link, piece, opened, until, floor, positions, ref records, ref bytes));
        }
        consumer.Read(_ =>
        {
            if (progress.IsCounted || progress.CountGeneration != generation)
                return false;
            progress.Unhanded += records;
            progress.UnhandedBytes += bytes;
            return progress.IsCounted = true;
        });
    }

    private static bool Add(
        ConsumerMachine machine, LogLink link, PooledBytes piece, OpenedBatch opened, long until, long floor, Dictionary<byte, long> positions, ref long records, ref long bytes)
    {
        var walker = new BatchWalker(piece.Span);
        while (walker.MoveNext())
        {
            if (!opened.TryOpen(walker.Current))
                continue;
            var reader = opened.Read(walker.Current);
            while (reader.MoveNext())
            {
                ref readonly var record = ref reader.Current;
                var offset = record.Offset.Value;
                var lane = machine.Spec.PriorityOrder ? StorageHeaders.LaneOf(record) : (byte)0;
                if (offset >= until || link.Progress.Pending.ContainsKey(offset) || offset < positions.GetValueOrDefault(lane, floor)
                    || !link.Progress.Bindings.IsWanted(record.KeyIsSubject ? record.Key : link.Partition.TopicSubject, offset))
                    continue;
                records++;
                bytes += reader.CurrentEncoded.Length;
            }
        }
        return true;
    }
}

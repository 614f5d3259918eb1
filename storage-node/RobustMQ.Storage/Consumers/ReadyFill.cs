using RobustMQ.Records;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Dispatch;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Logs.Reads;

namespace RobustMQ.Storage.Consumers;

/// <summary>Reads a log on for one consumer, by the log's indexes where they help, until enough records are known or it has caught up; from then on it is pushed what is appended.</summary>
internal static class ReadyFill
{
    private const int PieceBytes = 1 << 20;

    /// <returns>Whether records were found, or are pushed from now on.</returns>
    public static async ValueTask<(ErrorCode Error, bool Found)> RunAsync(Consumer consumer, LogLink link, int readyMax)
    {
        var (from, filters, version) = consumer.Read(_ => (link.Progress.KnownTo, FiltersOf(link.Progress), link.Progress.Bindings.Version));
        var until = link.Dispatch.Matched;
        var start = link.Partition.Log.StartOffset.Value;
        if (from < start)
        {
            consumer.Settle(machine => machine.CutBefore(link.Progress, start));
            from = start;
        }
        if (from >= until)
            return (ErrorCode.None, GoLive(consumer, link));
        using var piece = new PooledBytes();
        using var cursor = new SelectCursor(link.Partition.Settled, new WantedRecords(filters, link.Partition.TopicSubject), new Offset(from));
        try
        {
            var error = await cursor.ReadAsync(piece, PieceBytes, 0, nowMs: 0).ConfigureAwait(false);
            if (error == ErrorCode.OffsetOutOfRange)
                return (ErrorCode.None, link.Partition.Log.StartOffset.Value > from);
            if (error != ErrorCode.None)
                return (error, false);
        }
        catch (StorageException failure)
        {
            return (failure.Code, false);
        }
        Take(consumer, link, piece, from, Math.Min(cursor.Next.Value, until), readyMax, version);
        // Whatever comes of what was found: what is appended from now on need not be looked for.
        GoLive(consumer, link);
        return (ErrorCode.None, true);
    }

    public static IReadOnlyList<SubjectFilter> FiltersOf(LogProgress progress)
    {
        var filters = new List<SubjectFilter>();
        foreach (var range in progress.Bindings.Ranges)
        {
            if (range.Filters.Count == 0)
                return [];
            filters.AddRange(range.Binding.Filters);
        }
        return [.. filters.Distinct()];
    }

    private static void Take(Consumer consumer, LogLink link, PooledBytes piece, long from, long until, int readyMax, int version)
    {
        using var opened = new OpenedBatch();
        consumer.Read(machine =>
        {
            // Selected for other bindings, or for a position that does not hold any more: once more.
            if (link.Progress.Bindings.Version != version || link.Progress.KnownTo != from)
                return true;
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
                    if (offset >= until)
                        break;
                    if (offset < link.Progress.KnownTo || !link.Progress.Bindings.IsWanted(record.KeyIsSubject ? record.Key : link.Partition.TopicSubject, offset))
                        continue;
                    var ready = consumer.WithTtl(LogDispatch.ReadyOf(record, offset, reader.CurrentEncoded.Length), record.TimestampMs);
                    if (machine.Fill(link.Progress, ready, readyMax))
                        continue;
                    link.Progress.FilledTo(offset);
                    return true;
                }
            }
            link.Progress.FilledTo(until);
            return true;
        });
    }

    private static bool GoLive(Consumer consumer, LogLink link)
    {
        var isLive = false;
        link.Dispatch.WhileStill((consumer, link), (state, matched) => isLive = state.consumer.Read(_ => state.link.Progress.GoLive(matched)));
        return !isLive;
    }
}

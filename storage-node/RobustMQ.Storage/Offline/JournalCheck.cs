using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Offline;

/// <summary>Reads the consumers' journal as a start does: whether its records can be understood, not only their checksums.</summary>
internal static class JournalCheck
{
    public static void Run(IStoredEngine engine, LogId id, CheckReport report)
    {
        var log = engine.Describe(id);
        var consumers = new LoadedConsumers(pendingMax: int.MaxValue);
        using var opened = new OpenedBatch();
        foreach (var batch in engine.Read(id, log.Start))
        {
            // What is damaged was reported.
            if (batch.Problem is not null || !opened.TryOpen(batch.Bytes.Span))
                continue;
            try
            {
                Read(batch.Bytes.Span, opened, log.Start, consumers);
            }
            catch (Exception error) when (error is StorageException or FormatException or ArgumentException or OverflowException)
            {
                report.Damage(batch.Path, $"consumers' records from offset {new RecordBatchHeader(batch.Bytes.Span).BaseOffset} on cannot be understood: {error.Message}");
                return;
            }
        }
    }

    private static void Read(ReadOnlySpan<byte> batch, OpenedBatch opened, Offset from, LoadedConsumers consumers)
    {
        var reader = opened.Read(batch);
        while (reader.MoveNext())
        {
            if (reader.Current.Offset >= from)
                ConsumerJournal.Visit(reader.Current, consumers.Take);
        }
    }
}

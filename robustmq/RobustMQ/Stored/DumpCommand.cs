using System.CommandLine;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Stored;

/// <summary><c>robustmq storage dump</c>: prints the records of a segment file, or of a partition of a topic.</summary>
internal static class DumpCommand
{
    /// <summary>Largest decompressed batch that is printed, bytes: as the storage-node allows.</summary>
    private const int RecordsBytesMax = 64 << 20;

    private static readonly Argument<string?> File = new("segment") { Description = "a .log file, which a running node may be writing; none: --topic", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<int> Partition = new("--partition") { Description = "partition of the topic" };
    private static readonly Option<long> From = new("--from") { Description = "first offset" };
    private static readonly Option<long> Count = new("--count") { Description = "records at most", DefaultValueFactory = static _ => long.MaxValue };
    private static readonly Option<bool> Batches = new("--batches") { Description = "print batches, not their records" };

    public static Command Create() => new("dump", "Print records of a segment file or a topic's partition")
    {
        File, StoredCommand.Topic, StoredCommand.Namespace, Partition, From, Count, Batches, StoredCommand.Json,
    };

    public static int Run(ParseResult parse, DataPlaces places)
    {
        if (parse.GetValue(File) is { } file)
            return Print(parse, StoredNode.ReadSegment(file), static _ => true);
        if (parse.GetValue(StoredCommand.Topic) is not { } topic)
            throw new StorageException(ErrorCode.InvalidArgument, "name a segment file, or a topic with --topic");
        using var node = new StoredNode(places);
        var log = node.ReadLogs().FirstOrDefault(log =>
            log.Topic is { } its && its.Name.Value == topic && its.Namespace.Value == parse.GetValue(StoredCommand.Namespace) && log.Id.Partition == parse.GetValue(Partition))
            ?? throw new StorageException(ErrorCode.NotFound, $"nothing is stored of partition {parse.GetValue(Partition)} of topic {parse.GetValue(StoredCommand.Namespace)}/{topic}");
        var from = new Offset(Math.Max(parse.GetValue(From), log.Start.Value));
        return Print(parse, node.ReadBatches(log.Id, from), offset => offset >= log.Start && !log.Removed.Contains(offset.Value));
    }

    private static int Print(ParseResult parse, IEnumerable<StoredBatch> batches, Func<Offset, bool> isThere)
    {
        var from = new Offset(parse.GetValue(From));
        var left = parse.GetValue(Count);
        var exit = StoredCommand.Sound;
        using var output = new StreamWriter(Console.OpenStandardOutput());
        IRecordWriter writer = parse.GetValue(StoredCommand.Json) ? new JsonRecordWriter(output) : new TextRecordWriter(output);
        foreach (var batch in batches)
        {
            if (left <= 0)
                break;
            var header = new RecordBatchHeader(batch.Bytes.Span);
            if (batch.Problem is { } problem)
            {
                output.Flush();
                Console.Error.WriteLine($"damage: {batch.Path}: the batch of offsets {header.BaseOffset} to {header.LastOffset} at byte {batch.Position}: {problem}");
                exit = StoredCommand.Damaged;
            }
            else if (header.LastOffset >= from)
            {
                if (parse.GetValue(Batches))
                {
                    writer.WriteBatch(batch);
                    left -= header.RecordCount;
                }
                else
                {
                    left = Print(batch, writer, from, left, isThere);
                }
            }
        }
        return exit;
    }

    /// <returns>How many more may be printed.</returns>
    private static long Print(StoredBatch batch, IRecordWriter writer, Offset from, long left, Func<Offset, bool> isThere)
    {
        using var opened = RecordDecompressor.Open(batch.Bytes, RecordsBytesMax);
        var records = new RecordReader(batch.Bytes.Span, opened.Records.Span);
        while (left > 0 && records.MoveNext())
        {
            if (records.Current.Offset < from || !isThere(records.Current.Offset))
                continue;
            writer.WriteRecord(records.Current);
            left--;
        }
        return left;
    }
}

using System.CommandLine;
using RobustMQ.Reports;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Stored;

/// <summary><c>robustmq storage logs</c>: the logs that a node has stored, and how much is in them.</summary>
internal static class LogsCommand
{
    private const string NoTopic = "(none)";

    /// <summary>What consumers and groups have done: no topic.</summary>
    private const string Journal = "_consumers (journal)";

    public static Command Create() => new("logs", "List stored logs") { StoredCommand.Topic, StoredCommand.Json };

    public static int Run(ParseResult parse, DataPlaces places)
    {
        using var node = new StoredNode(places);
        var report = new Report();
        foreach (var log in node.ReadLogs())
        {
            if (parse.GetValue(StoredCommand.Topic) is not { } topic || log.Topic?.Name.Value == topic)
                report.Add(Row(log));
        }
        report.Write(parse.GetValue(StoredCommand.Json));
        return StoredCommand.Sound;
    }

    private static Report.Cell[] Row(StoredLog log) =>
    [
        Report.Cell.Of("namespace", log.Topic?.Namespace.Value ?? NoTopic),
        Report.Cell.Of("topic", log.Topic?.Name.Value ?? (log.IsJournal ? Journal : NoTopic)),
        Report.Cell.Of("partition", log.Id.Partition, "0"),
        Report.Cell.Of("engine", $"{log.Engine}".ToLowerInvariant()),
        Report.Cell.Of("start", log.Start.Value, "0"),
        Report.Cell.Of("end", log.End.Value, "0"),
        Report.Cell.Of("records", log.Records, "0"),
        Report.Cell.Of("removed", log.Removed.Count, "0"),
        Report.Cell.Of("bytes", log.Bytes, "0"),
        Report.Cell.Of("segments", log.Files, "0"),
        Report.Cell.Of("path", log.Path),
    ];
}

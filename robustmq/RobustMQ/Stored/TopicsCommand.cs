using System.CommandLine;
using RobustMQ.Records.Topics;
using RobustMQ.Reports;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Stored;

/// <summary><c>robustmq storage topics</c>: the topics that a node knows.</summary>
internal static class TopicsCommand
{
    public static Command Create() => new("topics", "List topics, internal ones too") { StoredCommand.Json };

    public static int Run(ParseResult parse, DataPlaces places)
    {
        using var node = new StoredNode(places);
        var report = new Report();
        foreach (var topic in node.Topics)
            report.Add(Row(topic));
        report.Write(parse.GetValue(StoredCommand.Json));
        return StoredCommand.Sound;
    }

    private static Report.Cell[] Row(Topic topic)
    {
        var spec = topic.Spec;
        return
        [
            Report.Cell.Of("namespace", spec.Namespace.Value),
            Report.Cell.Of("topic", spec.Name.Value),
            Report.Cell.Of("id", topic.Id.ToString("n")),
            Report.Cell.Of("engine", $"{spec.Engine}".ToLowerInvariant()),
            Report.Cell.Of("durability", $"{spec.Durability}".ToLowerInvariant()),
            Report.Cell.Of("partitions", spec.Partitions, "0"),
            Report.Cell.Of("retention", Describe(spec.Retention)),
            Report.Cell.Of("filters", string.Join(' ', spec.Filters)),
            Report.Cell.Of("created", DateTimeOffset.FromUnixTimeMilliseconds(topic.CreatedMs).ToString("O", null)),
        ];
    }

    private static string Describe(Retention retention)
    {
        var limits = new List<string>();
        if (retention.MaxAgeMs > 0)
            limits.Add($"{TimeSpan.FromMilliseconds(retention.MaxAgeMs)}");
        if (retention.MaxBytes > 0)
            limits.Add($"{retention.MaxBytes} bytes");
        if (retention.MaxRecords > 0)
            limits.Add($"{retention.MaxRecords} records");
        if (retention.MaxRecordsPerKey > 0)
            limits.Add($"{retention.MaxRecordsPerKey} per key");
        return limits.Count == 0 ? "unlimited" : string.Join(", ", limits);
    }
}

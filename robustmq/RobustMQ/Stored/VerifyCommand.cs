using System.CommandLine;
using RobustMQ.Reports;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Stored;

/// <summary><c>robustmq storage verify</c>: reads everything that a node has stored, and says what is not as it was written. Repairs nothing.</summary>
internal static class VerifyCommand
{
    public static Command Create() => new("verify", "Read everything: checksums, indexes, journals, snapshots, databases") { StoredCommand.Json };

    public static int Run(ParseResult parse, DataPlaces places)
    {
        using var node = new StoredNode(places);
        return Write(node.Check(), parse.GetValue(StoredCommand.Json));
    }

    /// <returns>The exit code.</returns>
    public static int Write(CheckReport report, bool asJson)
    {
        var findings = new Report();
        foreach (var finding in report.Findings)
        {
            var kind = $"{finding.Kind}".ToLowerInvariant();
            if (asJson)
                findings.Add(Report.Cell.Of("kind", kind), Report.Cell.Of("path", finding.Path), Report.Cell.Of("what", finding.What));
            else
                Console.Out.WriteLine($"{kind}: {finding.Path}: {finding.What}");
        }
        if (asJson)
            findings.Write(asJson: true);
        var unseen = report.DamageCount + report.NoteCount - report.Findings.Count;
        var summary = $"{report.Logs} logs, {report.Batches} batches, {report.Records} records, {report.Bytes} bytes read: {report.DamageCount} damaged, {report.NoteCount} notes"
            + (unseen > 0 ? $", {unseen} of them not shown" : "");
        (asJson ? Console.Error : Console.Out).WriteLine(summary);
        return report.IsSound ? StoredCommand.Sound : StoredCommand.Damaged;
    }
}

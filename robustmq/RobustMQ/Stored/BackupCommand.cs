using System.CommandLine;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Stored;

/// <summary><c>robustmq storage backup</c>: copies what a node has stored, reads the copy back and verifies it as <c>verify</c> does.</summary>
internal static class BackupCommand
{
    private static readonly Option<string> To = new("--to") { Description = "directory of the backup: empty, or not there yet", Required = true };

    public static Command Create() => new("backup", "Copy the data of a node that does not run, and verify the copy") { To };

    public static int Run(ParseResult parse, DataPlaces places)
    {
        var backup = parse.GetValue(To)!;
        var manifest = DataBackup.Take(places, backup, TimeProvider.System);
        Console.Out.WriteLine($"copied {manifest.Files.Count} files, {manifest.Bytes} bytes of node {manifest.NodeId} to {backup}");
        using var copy = new StoredNode(DataBackup.PlacesIn(backup, manifest));
        return VerifyCommand.Write(copy.Check(), asJson: false);
    }
}

using System.CommandLine;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Stored;

/// <summary><c>robustmq storage restore</c>: brings a backup into a data directory that is empty. Writes over nothing.</summary>
internal static class RestoreCommand
{
    private static readonly Option<string> From = new("--from") { Description = "directory of the backup", Required = true };

    public static Command Create() => new("restore", "Bring a backup into an empty data directory") { From };

    public static int Run(ParseResult parse, DataPlaces places)
    {
        var manifest = DataBackup.Restore(parse.GetValue(From)!, places);
        Console.Out.WriteLine($"restored {manifest.Files.Count} files, {manifest.Bytes} bytes of node {manifest.NodeId} to {places.Data}");
        return StoredCommand.Sound;
    }
}

using System.CommandLine;
using RobustMQ.Records;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Stored;

/// <summary>
/// <c>robustmq storage topics|logs|verify|dump|backup|restore</c>: what a node that does not run has stored. Exit codes: 0 all is well, 1 damage was found, 2 the command could not be carried out.
/// </summary>
internal static class StoredCommand
{
    public const int Sound = 0;
    public const int Damaged = 1;
    public const int Refused = 2;

    public static Option<bool> Json { get; } = new("--json") { Description = "print JSON" };

    public static Option<string?> Topic { get; } = new("--topic") { Description = "only this topic" };

    public static Option<string> Namespace { get; } = new("--namespace") { Description = "namespace of the topic", DefaultValueFactory = static _ => Records.Namespace.Default.Value };

    private static readonly Option<string> Data = new("--data") { Description = "data directory of the node", DefaultValueFactory = static _ => "./data" };

    private static readonly Option<string[]> LogDirectory = new("--log-directory")
    {
        Description = "log directory of the segment engine, where the node has storage:log_directories; may be repeated, in the order of the setting",
        DefaultValueFactory = static _ => [],
    };

    public static Command Create() => new("storage", "Look into, verify, back up and restore what a node that does not run has stored")
    {
        Places(TopicsCommand.Create(), TopicsCommand.Run),
        Places(LogsCommand.Create(), LogsCommand.Run),
        Places(VerifyCommand.Create(), VerifyCommand.Run),
        Places(DumpCommand.Create(), DumpCommand.Run),
        Places(BackupCommand.Create(), BackupCommand.Run),
        Places(RestoreCommand.Create(), RestoreCommand.Run),
    };

    private static Command Places(Command command, Func<ParseResult, DataPlaces, int> run)
    {
        command.Options.Add(Data);
        command.Options.Add(LogDirectory);
        command.SetAction(parse =>
        {
            try
            {
                return run(parse, new DataPlaces(parse.GetValue(Data)!, parse.GetValue(LogDirectory)!));
            }
            catch (Exception error) when (error is StorageException or IOException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"robustmq storage: {error.Message}");
                return Refused;
            }
        });
        return command;
    }
}

using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Engines;

/// <summary>
/// Stands for an engine whose files are damaged: every log of it is refused, with the reason, and the logs of the other engines are served. Nothing is written, and nothing is removed: the files are as they were found.
/// </summary>
/// <param name="directory">Of the engine.</param>
/// <param name="why">What is damaged.</param>
internal sealed class DamagedLogEngine(EngineKind kind, string directory, string why) : ILogEngine, IDueLogs
{
    public EngineKind Kind => kind;

    public bool IsPersistent => true;

    public IReadOnlyList<LogTrouble> Troubles { get; } = [new LogTrouble(default, Offset.None, directory, why)];

    public EngineIo Io => default;

    public ValueTask<ILog> OpenAsync(LogId id, LogOptions options, CancellationToken cancellationToken = default) => throw Refusal();

    public ValueTask DeleteAsync(LogId id, CancellationToken cancellationToken = default) => throw Refusal();

    public bool Has(LogId id) => throw Refusal();

    public IReadOnlyList<LogId> List() => throw Refusal();

    public void FindDue(long nowMs, int countMax, List<LogId> due)
    {
        // What cannot be read does not expire.
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private StorageException Refusal() => new(ErrorCode.DiskFailure, why);
}

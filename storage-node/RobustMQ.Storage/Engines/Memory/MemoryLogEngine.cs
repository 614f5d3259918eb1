using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Engines.Memory;

/// <summary>Keeps logs in memory: real-time traffic with a short replay window. Nothing is there after a restart. All logs share one pool of slabs.</summary>
internal sealed class MemoryLogEngine : ILogEngine
{
    private readonly SlabPool _slabs = new();

    public EngineKind Kind => EngineKind.Memory;

    public bool IsPersistent => false;

    public IReadOnlyList<LogTrouble> Troubles => [];

    public EngineIo Io => default;

    public ValueTask<ILog> OpenAsync(LogId id, LogOptions options, CancellationToken cancellationToken = default) =>
        new(new MemoryLog(id, options, _slabs));

    public ValueTask DeleteAsync(LogId id, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public bool Has(LogId id) => false;

    public IReadOnlyList<LogId> List() => [];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

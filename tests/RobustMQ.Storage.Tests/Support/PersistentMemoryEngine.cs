using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Memory;

namespace RobustMQ.Storage.Tests.Support;

/// <summary>The memory engine, claiming to be persistent: what goes through the replication group can be seen without a disk.</summary>
internal sealed class PersistentMemoryEngine(EngineKind kind = EngineKind.Segment) : ILogEngine
{
    private readonly MemoryLogEngine _inner = new();
    private readonly HashSet<LogId> _logs = [];

    public EngineKind Kind => kind;

    public bool IsPersistent => true;

    public IReadOnlyList<LogTrouble> Troubles => [];

    public EngineIo Io => default;

    public ValueTask<ILog> OpenAsync(LogId id, LogOptions options, CancellationToken cancellationToken = default)
    {
        _logs.Add(id);
        return _inner.OpenAsync(id, options, cancellationToken);
    }

    public ValueTask DeleteAsync(LogId id, CancellationToken cancellationToken = default)
    {
        _logs.Remove(id);
        return _inner.DeleteAsync(id, cancellationToken);
    }

    public bool Has(LogId id) => _logs.Contains(id);

    public IReadOnlyList<LogId> List() => [.. _logs];

    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}

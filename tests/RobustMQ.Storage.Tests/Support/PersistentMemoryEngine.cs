using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Memory;

namespace RobustMQ.Storage.Tests.Support;

/// <summary>The memory engine, claiming to be persistent: what goes through the replication group can be seen without a disk.</summary>
internal sealed class PersistentMemoryEngine : ILogEngine
{
    private readonly MemoryLogEngine _inner = new();

    public EngineKind Kind => EngineKind.Segment;

    public bool IsPersistent => true;

    public IReadOnlyList<LogTrouble> Troubles => [];

    public EngineIo Io => default;

    public ValueTask<ILog> OpenAsync(LogId id, LogOptions options, CancellationToken cancellationToken = default) => _inner.OpenAsync(id, options, cancellationToken);

    public ValueTask DeleteAsync(LogId id, CancellationToken cancellationToken = default) => _inner.DeleteAsync(id, cancellationToken);

    public IReadOnlyList<LogId> List() => _inner.List();

    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}

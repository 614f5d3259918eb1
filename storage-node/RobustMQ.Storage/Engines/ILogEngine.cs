using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Engines;

/// <summary>Keeps logs. One contract for memory, rocksdb and segment, and one contract test suite (tests/RobustMQ.Storage.Tests/Engines).</summary>
public interface ILogEngine : IAsyncDisposable
{
    EngineKind Kind { get; }

    /// <summary>True where a log is there again after a restart.</summary>
    bool IsPersistent { get; }

    /// <summary>What is wrong with open logs: damaged records, logs that take no more. Empty where all is well.</summary>
    IReadOnlyList<LogTrouble> Troubles { get; }

    /// <summary>What was asked of the devices so far; nothing where there are none.</summary>
    EngineIo Io { get; }

    /// <summary>Opens a log: recovers what is stored of it, or begins an empty one.</summary>
    /// <exception cref="RobustMQ.Records.StorageException">The stored log cannot be used (unknown format version, disk failure); nothing of it was changed.</exception>
    ValueTask<ILog> OpenAsync(LogId id, LogOptions options, CancellationToken cancellationToken = default);

    /// <summary>Removes a closed log and what is stored of it. Unknown ids are no error.</summary>
    ValueTask DeleteAsync(LogId id, CancellationToken cancellationToken = default);

    /// <summary>Whether a log is stored here, opened or not.</summary>
    bool Has(LogId id);

    /// <summary>Logs that are stored here, opened or not.</summary>
    IReadOnlyList<LogId> List();
}

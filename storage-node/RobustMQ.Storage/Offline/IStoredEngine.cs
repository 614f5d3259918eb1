using RobustMQ.Records;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Offline;

/// <summary>What an engine keeps, read while no node runs on it. Nothing is changed, and nothing repaired.</summary>
internal interface IStoredEngine : IDisposable
{
    IReadOnlyList<LogId> List();

    /// <exception cref="StorageException">It cannot be read.</exception>
    StoredLog Describe(LogId id);

    /// <summary>Reads everything of a log: every checksum, every index, every snapshot.</summary>
    void Check(LogId id, CheckReport report);

    /// <summary>What belongs to no log.</summary>
    void CheckRest(CheckReport report);

    /// <summary>Batches in order, from the one that holds an offset.</summary>
    /// <exception cref="StorageException">What follows cannot be read.</exception>
    IEnumerable<StoredBatch> Read(LogId id, Offset from);
}

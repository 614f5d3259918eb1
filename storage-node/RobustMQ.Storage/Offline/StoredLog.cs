using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Offline;

/// <summary>A log as it is stored, as far as that can be told without reading its records.</summary>
/// <param name="Topic">Null: no topic of the node has this log.</param>
/// <param name="Path">Directory that it lies in.</param>
/// <param name="Records">In its files; those that were removed and not compacted away yet included.</param>
/// <param name="Files">Segments; 0 where the engine has none.</param>
public sealed record StoredLog(LogId Id, Topic? Topic, EngineKind Engine, string Path, Offset Start, Offset End, long Records, long Bytes, int Files)
{
    /// <summary>The node's own: what its consumers and groups have done.</summary>
    public bool IsJournal => Id.Topic == ConsumerJournal.LogTopic;

    /// <summary>Offsets of records that were removed one by one and are in the files still.</summary>
    public IReadOnlySet<long> Removed { get; init; } = new HashSet<long>();
}

using RobustMQ.Records;

namespace RobustMQ.Storage.Engines.Segment.Files;

/// <summary>What a log's journal adds up to.</summary>
internal sealed class JournalState
{
    public long Start { get; set; }

    public long AppliedIndex { get; set; }

    public Epoch LastEpoch { get; set; } = Epoch.None;

    /// <summary>Offsets of records that were removed one by one.</summary>
    public SortedSet<long> Dead { get; } = [];
}

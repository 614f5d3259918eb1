namespace RobustMQ.Storage.Engines.Segment.Files;

/// <summary>What an entry of a log's journal says (docs/formats/segment.md).</summary>
internal enum JournalEntryKind : byte
{
    /// <summary>The log begins at an offset.</summary>
    Start = 1,

    /// <summary>Records were removed one by one.</summary>
    Deleted = 2,

    /// <summary>The log was cut at an offset; removals behind it no longer hold.</summary>
    Truncated = 3,

    /// <summary>Operations up to an index are in the log.</summary>
    Applied = 4,
}

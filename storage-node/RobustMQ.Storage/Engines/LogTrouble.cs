using RobustMQ.Records;

namespace RobustMQ.Storage.Engines;

/// <summary>Stored records that cannot be served, a log that takes no more, or work that failed and is tried again: for the node's health and its operator.</summary>
/// <param name="At">Where in the log.</param>
/// <param name="Path">The file.</param>
public sealed record LogTrouble(LogId Log, Offset At, string Path, string What);

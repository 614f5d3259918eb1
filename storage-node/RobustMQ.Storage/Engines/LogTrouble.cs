using RobustMQ.Records;

namespace RobustMQ.Storage.Engines;

/// <summary>Stored records that cannot be served, or a log that takes no more: for the node's health and its operator.</summary>
/// <param name="At">Where in the log.</param>
/// <param name="Path">The file.</param>
public sealed record LogTrouble(LogId Log, Offset At, string Path, string What);

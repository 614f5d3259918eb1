namespace RobustMQ.Storage.Offline;

/// <summary>Something that a check of stored data came across.</summary>
/// <param name="Path">File or directory.</param>
public sealed record Finding(FindingKind Kind, string Path, string What);

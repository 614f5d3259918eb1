namespace RobustMQ.Storage.Offline;

/// <summary>One batch as it is stored.</summary>
/// <param name="Path">File or database that it lies in.</param>
/// <param name="Position">Where in the file it begins, bytes; 0 in a database.</param>
/// <param name="Bytes">Header included; valid until the next batch is asked for.</param>
/// <param name="Problem">Why it cannot be trusted; null: it is whole.</param>
public readonly record struct StoredBatch(string Path, long Position, ReadOnlyMemory<byte> Bytes, string? Problem);

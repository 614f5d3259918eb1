using RobustMQ.Records;

namespace RobustMQ.Storage.Engines;

/// <summary>What a log's owner derived from the log up to an offset, so that after a restart only the records behind it must be read again.</summary>
public readonly record struct LogSnapshot(Offset End, ReadOnlyMemory<byte> Bytes);

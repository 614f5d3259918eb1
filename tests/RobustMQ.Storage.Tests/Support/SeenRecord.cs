namespace RobustMQ.Storage.Tests.Support;

internal sealed record SeenRecord(long Offset, string? Key, string Value, long TimestampMs);

using RobustMQ.Records;

namespace RobustMQ.Storage.Replication;

/// <param name="Value">What the operation's kind promises: a topic change, a lease, an append's result.</param>
internal readonly record struct OperationResult(ErrorCode Error, object? Value = null, string? Message = null);

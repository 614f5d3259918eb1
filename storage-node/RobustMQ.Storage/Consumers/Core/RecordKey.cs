namespace RobustMQ.Storage.Consumers.Core;

/// <summary>Names a record within one consumer.</summary>
/// <param name="Log">Index among the consumer's logs.</param>
internal readonly record struct RecordKey(int Log, long Offset);

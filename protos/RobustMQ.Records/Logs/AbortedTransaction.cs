namespace RobustMQ.Records.Logs;

/// <summary>Of stored batches that were read: those of this producer from an offset on, up to its next control batch, were aborted.</summary>
public readonly record struct AbortedTransaction(long ProducerId, Offset First);

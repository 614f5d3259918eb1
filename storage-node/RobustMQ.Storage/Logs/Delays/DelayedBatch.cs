namespace RobustMQ.Storage.Logs.Delays;

/// <summary>Records of one log that wait for one moment.</summary>
/// <param name="DueMs">Unix ms.</param>
/// <param name="Batch">Of its own, without a producer.</param>
internal readonly record struct DelayedBatch(long DueMs, byte[] Batch);

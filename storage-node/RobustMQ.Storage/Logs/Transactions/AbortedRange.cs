using RobustMQ.Records;

namespace RobustMQ.Storage.Logs.Transactions;

/// <summary>A transaction that was aborted: its producer's transactional batches between two offsets are no messages.</summary>
/// <param name="Last">Of the control batch that says so.</param>
/// <param name="StableEnd">First offset of a transaction that was open then; behind <paramref name="Last"/> where none was. What is aborted later begins there or behind.</param>
internal readonly record struct AbortedRange(long ProducerId, Offset First, Offset Last, Offset StableEnd);

using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Logs.Delays;

/// <summary>Keeps a batch whose records, or some of them, wait for their time. Result: <see cref="AppendResult"/>.</summary>
internal sealed record DelayRecords(LogId Log, ReadOnlyMemory<byte> Batch, AppendConditions? Conditions, long NowMs) : LogOperation;

/// <summary>
/// Gives what is due of a log its place in the log's order: numbers by which the log knows it again. On the device before <see cref="DeliverDelayed"/>, so that a crash between the two repeats
/// the same batches with the same numbers. Result: nothing.
/// </summary>
internal sealed record ClaimDelayed(LogId Log, long NowMs) : LogOperation;

/// <summary>Appends what was claimed to its log, what the log has already left out. Result: <see cref="DelayedDelivery"/>.</summary>
/// <param name="RetryMs">When to look again at what the log would not take.</param>
internal sealed record DeliverDelayed(LogId Log, long NowMs, long RetryMs) : LogOperation;

/// <summary>The first batches that were claimed are in their log, on the device. Result: nothing.</summary>
internal sealed record SettleDelayed(LogId Log, int Count, long RetryMs) : LogOperation;

/// <summary>A log cannot take what is due at present. Result: nothing.</summary>
internal sealed record PostponeDelayed(LogId Log, long UntilMs) : LogOperation;

/// <summary>Forgets what waits for a log that is gone. Result: nothing.</summary>
internal sealed record DropDelayed(LogId Log) : LogOperation;

/// <summary>What <see cref="DeliverDelayed"/> did.</summary>
/// <param name="Partition">Null where nothing was claimed.</param>
/// <param name="Count">Batches from the first that are in the log now.</param>
/// <param name="IsSettled">They are not waiting any more; false: once they are durable, <see cref="SettleDelayed"/> is due.</param>
internal sealed record DelayedDelivery(LogPartition? Partition, int Count, bool IsSettled, IReadOnlyList<(byte[] Batch, Offset BaseOffset)> Appended);

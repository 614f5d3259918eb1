namespace RobustMQ.Records.Logs;

/// <summary>What a log remembers of an idempotent producer.</summary>
/// <param name="LastSequence">Of its last record; -1: nothing of this epoch is remembered.</param>
/// <param name="LastSeenMs">Unix ms of its last batch, control batches too.</param>
/// <param name="CoordinatorEpoch">Of who ended its last transaction; -1: none was ended.</param>
/// <param name="OpenSince">Where its open transaction begins; <see cref="Offset.None"/>: it has none.</param>
public readonly record struct LogProducer(long ProducerId, short Epoch, int LastSequence, long LastSeenMs, int CoordinatorEpoch, Offset OpenSince);

namespace RobustMQ.Records.Consumers;

/// <summary>Ends a producer's transaction in a group: what it holds of offsets is committed, or forgotten. The same twice is the same.</summary>
/// <param name="CoordinatorEpoch">Of who decides it: an earlier one does not decide any more.</param>
public sealed record PendingEnd(Namespace Namespace, string Group, long ProducerId, short ProducerEpoch, int CoordinatorEpoch, bool IsCommit);

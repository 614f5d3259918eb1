namespace RobustMQ.Records.Consumers;

/// <summary>Offsets that a group commits as part of a producer's transaction: nobody sees them before that is committed.</summary>
/// <param name="Commit">What is to be committed, and by which generation.</param>
/// <param name="BeginsAfter">
/// The producer's transactions that the group has seen end: these offsets may begin the next one. Whoever makes sure that it is open asks for the number first; what ends it raises the number. Null: it must
/// have begun already.
/// </param>
public sealed record PendingCommit(OffsetCommit Commit, long ProducerId, short ProducerEpoch, long? BeginsAfter = null);

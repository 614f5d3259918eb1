namespace RobustMQ.Records.Consumers;

/// <summary>Outcome of a commit in a transaction.</summary>
/// <param name="Error"><see cref="ErrorCode.TransactionMismatch"/>: the transaction was not begun in this group, or a later one of the producer's has been seen.</param>
/// <param name="Ended">Transactions of the producer that the group has seen end.</param>
public readonly record struct PendingCommitResult(ErrorCode Error, long Ended);

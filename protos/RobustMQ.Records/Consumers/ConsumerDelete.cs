namespace RobustMQ.Records.Consumers;

/// <summary>Which consumer to delete, and what must hold.</summary>
public sealed record ConsumerDelete
{
    public required ConsumerRef Consumer { get; init; }

    /// <summary>Only while it has no members; otherwise <see cref="ErrorCode.LeaseHeld"/>.</summary>
    public bool IfUnused { get; init; }

    /// <summary>Only while nothing waits; otherwise <see cref="ErrorCode.LimitExceeded"/>.</summary>
    public bool IfEmpty { get; init; }

    /// <summary>Only this revision; otherwise <see cref="ErrorCode.RevisionMismatch"/>. 0: whatever it is.</summary>
    public long ExpectedRevision { get; init; }
}

/// <summary>Outcome of a delete or purge.</summary>
/// <param name="Records">That were waiting and are dropped.</param>
public readonly record struct ConsumerRemoval(ErrorCode Error, long Records)
{
    public bool Succeeded => Error == ErrorCode.None;
}

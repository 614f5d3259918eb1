namespace RobustMQ.Records.Consumers;

/// <summary>A member that joins a consumer and stays.</summary>
public sealed record ConsumerJoin
{
    public required ConsumerRef Consumer { get; init; }

    /// <summary>Name of the member within the consumer, 1 to 512 bytes. Members may sit on different gateways.</summary>
    public required string Member { get; init; }

    /// <summary>
    /// Fences earlier connections of the same member: a join with a lower epoch than the last is refused with <see cref="ErrorCode.Fenced"/>, one with the same or a higher epoch ends the other
    /// one, whose answers count no more. Mostly the revision of the lease by which a gateway owns a client id; 0 where nobody else uses the name.
    /// </summary>
    public long MemberEpoch { get; init; }

    /// <summary>Members of higher priority get records first, as long as they have credit.</summary>
    public int Priority { get; init; }

    /// <summary>Nobody else may be joined, now and while this member is: otherwise <see cref="ErrorCode.LeaseHeld"/> for whoever comes second.</summary>
    public bool IsExclusive { get; init; }

    /// <summary>
    /// How long a member that was lost (its connection, its gateway) keeps its pending records and its place for when it returns. Zero: they are ready for others at once. A member that
    /// leaves in order gives them back at once in any case.
    /// </summary>
    public TimeSpan ReturnWithin { get; init; }

    /// <summary>Records that it may be sent at first; more with <c>AddCredit</c>.</summary>
    public int CreditRecords { get; init; }

    /// <summary>Bytes of batches that it may be sent at first. A record is sent while there is any credit at all, so one may go beyond. 0: not limited in bytes.</summary>
    public long CreditBytes { get; init; }
}

namespace RobustMQ.Records.Consumers;

/// <summary>Who of a consumer's members gets records.</summary>
public enum MemberPolicy
{
    /// <summary>Records are spread over the members that have credit, the highest <see cref="ConsumerJoin.Priority"/> first, in turn among equals.</summary>
    Shared = 0,

    /// <summary>One member at a time; another one is refused with <see cref="ErrorCode.LeaseHeld"/>. The same member with a newer epoch replaces itself.</summary>
    Exclusive = 1,

    /// <summary>One member at a time, the first or the one of the highest priority; the others wait and are told when it is their turn.</summary>
    SingleActive = 2,
}

namespace RobustMQ.Records.Nodes;

/// <summary>A name that one holder owns for a time.</summary>
/// <param name="Name">1-512 characters, levels separated by <c>/</c>.</param>
/// <param name="Revision">Raised by every change of any lease: the holder's fencing token.</param>
public sealed record Lease(string Name, string Holder, ReadOnlyMemory<byte> Value, TimeSpan Ttl, long Revision);

/// <summary>Outcome of a lease call. With <see cref="ErrorCode.LeaseHeld"/> the lease is the present holder's.</summary>
public readonly record struct LeaseResult(ErrorCode Error, Lease? Lease)
{
    public bool Succeeded => Error == ErrorCode.None;
}

public enum LeaseEventKind
{
    Put = 0,
    Released = 1,
    Expired = 2,
    CaughtUp = 3,
}

/// <summary>One message of a lease watch; no lease for <see cref="LeaseEventKind.CaughtUp"/>.</summary>
public readonly record struct LeaseEvent(LeaseEventKind Kind, Lease? Lease, long Revision);

using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Leases;

/// <summary>Result: the <see cref="LeaseChange"/>; with <see cref="Records.ErrorCode.LeaseHeld"/> the holder's lease.</summary>
internal sealed record AcquireLease(string Name, string Holder, byte[] Value, TimeSpan Ttl, bool Steal) : Operation;

/// <summary>Gives a lease another value. Result: the <see cref="LeaseChange"/>; with <see cref="Records.ErrorCode.Fenced"/> the present lease.</summary>
internal sealed record UpdateLease(string Name, long Revision, byte[] Value) : Operation;

/// <summary>Result: the <see cref="LeaseChange"/>.</summary>
internal sealed record RemoveLease(string Name, long Revision, bool IsExpired) : Operation;

using RobustMQ.Records.Nodes;

namespace RobustMQ.Storage.Leases;

internal sealed record LeaseChange(LeaseEventKind Kind, Lease Lease, long Revision);

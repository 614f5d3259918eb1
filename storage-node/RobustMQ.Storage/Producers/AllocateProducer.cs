using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Producers;

/// <summary>Result: <see cref="Records.Nodes.ProducerIdentity"/>.</summary>
/// <param name="ProducerId">0: a new one.</param>
internal sealed record AllocateProducer(long ProducerId) : Operation;

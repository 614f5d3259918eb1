using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Producers;

/// <summary>Gives out producer ids that nobody else has, and epochs that fence earlier users of an id.</summary>
public sealed class ProducerIds
{
    private readonly IReplicationGroup _group;

    internal ProducerIds(IReplicationGroup group) => _group = group;

    /// <param name="producerId">0: a new one. Otherwise: this one's next epoch; <see cref="ErrorCode.NotFound"/> for one that was never given out.</param>
    public async ValueTask<ProducerIdentity> AllocateAsync(long producerId = 0, CancellationToken cancellationToken = default)
    {
        var outcome = await _group.ProposeOneAsync(new AllocateProducer(producerId)).ConfigureAwait(false);
        return outcome.Value is ProducerIdentity identity ? identity : new ProducerIdentity(outcome.Error, -1, -1);
    }
}

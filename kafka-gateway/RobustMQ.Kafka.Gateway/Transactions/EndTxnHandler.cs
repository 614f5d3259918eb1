using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>Commits a transaction, or aborts it.</summary>
internal sealed class EndTxnHandler(TransactionCoordinator transactions) : ApiHandler<EndTxnRequest, EndTxnResponse>
{
    private const short FencedFrom = 2;

    protected override async ValueTask<EndTxnResponse> HandleAsync(EndTxnRequest request, RequestContext context)
    {
        if (!TransactionAccess.CanUse(context.Identity, request.TransactionalId))
            return new() { Error = KafkaError.TransactionalIdAuthorizationFailed };
        var error = await transactions.EndAsync(context.Namespace, request.TransactionalId, request.ProducerId, request.ProducerEpoch, request.IsCommit).ConfigureAwait(false);
        return new() { Error = AddPartitionsToTxnHandler.ToProducer(error, context.Version, FencedFrom) };
    }
}

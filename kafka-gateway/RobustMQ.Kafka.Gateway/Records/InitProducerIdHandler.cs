using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Gateway.Transactions;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>Gives out producer ids, from the same sequence for all protocols, and their next epochs; those of a transactional id by its coordinator.</summary>
internal sealed class InitProducerIdHandler(INodeClient node, TransactionCoordinator transactions) : ApiHandler<InitProducerIdRequest, InitProducerIdResponse>
{
    private const short FencedFrom = 4;

    protected override ValueTask<InitProducerIdResponse> HandleAsync(InitProducerIdRequest request, RequestContext context) =>
        request.TransactionalId is { } id ? BeginTransactionsAsync(id, request, context) : BeginAsync(request, context);

    private async ValueTask<InitProducerIdResponse> BeginTransactionsAsync(string id, InitProducerIdRequest request, RequestContext context)
    {
        if (!TransactionAccess.CanUse(context.Identity, id))
            return new() { Error = KafkaError.TransactionalIdAuthorizationFailed };
        // Both or neither.
        if (request.ProducerId < 0 != request.ProducerEpoch < 0)
            return new() { Error = KafkaError.InvalidRequest };
        var named = new ProducerState(request.ProducerId, request.ProducerEpoch, BaseSequence: -1);
        var (error, state) = await transactions.InitializeAsync(context.Namespace, id, request.TransactionTimeoutMs, named).ConfigureAwait(false);
        return error == KafkaError.None
            ? new() { ProducerId = state!.ProducerId, ProducerEpoch = state.ProducerEpoch }
            : new() { Error = AddPartitionsToTxnHandler.ToProducer(error, context.Version, FencedFrom) };
    }

    private async ValueTask<InitProducerIdResponse> BeginAsync(InitProducerIdRequest request, RequestContext context)
    {
        if (!ClusterAccess.MayProduceIdempotently(context.Identity))
            return new() { Error = KafkaError.ClusterAuthorizationFailed };
        // An id without an epoch, or with a negative one, is a client's "give me a new one".
        var present = request.ProducerId > 0 && request.ProducerEpoch >= 0 ? request.ProducerId : 0;
        var producer = await node.AllocateProducerAsync(present, context.Aborted).ConfigureAwait(false);
        if (producer.Error == ErrorCode.NotFound)
            producer = await node.AllocateProducerAsync(0, context.Aborted).ConfigureAwait(false);
        return producer.Error == ErrorCode.None
            ? new InitProducerIdResponse { ProducerId = producer.ProducerId, ProducerEpoch = producer.Epoch }
            : new InitProducerIdResponse { Error = producer.Error == ErrorCode.Unavailable ? KafkaError.CoordinatorNotAvailable : Outcomes.ToKafka(producer.Error) };
    }
}

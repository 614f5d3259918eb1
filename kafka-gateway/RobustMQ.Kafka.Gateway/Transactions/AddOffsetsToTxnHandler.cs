using RobustMQ.Kafka.Gateway.Groups;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>Makes a group's offsets part of a producer's transaction.</summary>
internal sealed class AddOffsetsToTxnHandler(TransactionCoordinator transactions) : ApiHandler<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>
{
    private const short FencedFrom = 2;

    protected override async ValueTask<AddOffsetsToTxnResponse> HandleAsync(AddOffsetsToTxnRequest request, RequestContext context)
    {
        if (!TransactionAccess.CanUse(context.Identity, request.TransactionalId))
            return new() { Error = KafkaError.TransactionalIdAuthorizationFailed };
        if (!GroupCoordinator.IsName(request.GroupId))
            return new() { Error = KafkaError.InvalidGroupId };
        if (!GroupAccess.CanRead(context.Identity, request.GroupId))
            return new() { Error = KafkaError.GroupAuthorizationFailed };
        var error = await transactions.AddAsync(context.Namespace, request.TransactionalId, request.ProducerId, request.ProducerEpoch, [], request.GroupId).ConfigureAwait(false);
        return new() { Error = AddPartitionsToTxnHandler.ToProducer(error, context.Version, FencedFrom) };
    }
}

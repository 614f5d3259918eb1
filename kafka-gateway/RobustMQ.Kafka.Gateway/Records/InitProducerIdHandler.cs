using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>
/// Gives out producer ids, from the same sequence for all protocols, and their next epochs. Transactions are not offered: a transactional id is refused with an error
/// that a client takes as final.
/// </summary>
internal sealed class InitProducerIdHandler(INodeClient node) : ApiHandler<InitProducerIdRequest, InitProducerIdResponse>
{
    protected override async ValueTask<InitProducerIdResponse> HandleAsync(InitProducerIdRequest request, RequestContext context)
    {
        if (request.TransactionalId is not null)
            return new InitProducerIdResponse { Error = KafkaError.UnsupportedVersion };
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

using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>The methods of a channel that are served. The connection's own are the <see cref="Connections.Handshake"/>'s and the session's.</summary>
internal sealed class MethodTable
{
    private readonly Dictionary<MethodId, IMethodHandler> _handlers;

    public MethodTable(AmqpGatewayState gateway) => _handlers = new IMethodHandler[]
    {
        new ChannelFlowHandler(),
        new AccessRequestHandler(),
        new ExchangeDeclareHandler(),
        new ExchangeDeleteHandler(gateway),
        new ExchangeBindHandler(gateway),
        new ExchangeUnbindHandler(gateway),
        new QueueDeclareHandler(gateway),
        new QueueBindHandler(gateway),
        new QueueUnbindHandler(gateway),
        new QueuePurgeHandler(gateway),
        new QueueDeleteHandler(gateway),
        new BasicQosHandler(),
        new BasicConsumeHandler(gateway),
        new BasicCancelHandler(gateway),
        new BasicPublishHandler(),
        new BasicGetHandler(gateway),
        new BasicAckHandler(),
        new BasicRejectHandler(),
        new BasicNackHandler(),
        new BasicRecoverHandler(),
        new BasicRecoverAsyncHandler(),
        new ConfirmSelectHandler(),
        new TxSelectHandler(gateway),
        new TxCommitHandler(gateway),
        new TxRollbackHandler(),
    }.ToDictionary(static handler => handler.Method);

    public IMethodHandler? Find(MethodId method) => _handlers.GetValueOrDefault(method);
}

using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Queues;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class BasicGetHandler(AmqpGatewayState gateway) : MethodHandler<BasicGet>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in BasicGet method) =>
        GetAsync(session, channel, Existing.QueueName(channel, method.Queue), method.NoAck);

    private async Task GetAsync(AmqpSession session, AmqpChannel channel, string name, bool noAck)
    {
        await session.Publisher.Batches.SettleAsync().ConfigureAwait(false);
        var queue = await Existing.QueueAsync(session.Connection, name).ConfigureAwait(false);
        if (queue.Spec.Policy.IsStream)
            throw AmqpException.Unserved($"basic.get not supported by stream queues queue '{name}' in vhost '{session.Connection.Vhost!.Name}'");
        if (queue.Spec.Policy.SingleActiveConsumer)
            throw new AmqpException(ReplyCode.ResourceLocked, $"cannot obtain access to locked queue '{name}' in vhost '{session.Connection.Vhost!.Name}': basic.get is not offered with a single active consumer");
        var reader = await ReaderOfAsync(channel, queue).ConfigureAwait(false);
        using var fetched = await reader.FetchAsync().ConfigureAwait(false);
        if (!fetched.Succeeded)
            throw AmqpException.Storage(fetched.Error);
        if (fetched.Deliveries.Count == 0)
        {
            channel.Connection.Outbound.WriteMethod(channel.Number, default(BasicGetEmpty));
            return;
        }
        Answer(channel, reader, fetched.Deliveries[0], noAck);
    }

    private static void Answer(AmqpChannel channel, GetReader getter, in Deliveries deliveries, bool noAck)
    {
        using var reader = new DeliveryReader(deliveries);
        if (!reader.MoveNext())
            throw AmqpException.Storage(ErrorCode.CorruptBatch);
        var tag = channel.TagOf(getter, reader.Id, needsAnswer: !noAck, generation: 0);
        OutgoingMessage.Read(reader.Current, reader.Id, getter.Queue.Spec.Policy.IsQuorum)
            .WriteGetOk(channel.Connection.Outbound, channel.Number, tag, (uint)Math.Clamp(deliveries.Waiting, 0, uint.MaxValue));
        if (noAck)
            getter.Answer(reader.Id, AckKind.Acknowledge, 0);
    }

    private async ValueTask<GetReader> ReaderOfAsync(AmqpChannel channel, Queue queue)
    {
        if (channel.FindGetter(queue.Name) is { IsOver: false } present && present.Queue == queue)
            return present;
        var vhost = channel.Connection.Vhost!;
        var reader = new GetReader(channel, queue);
        switch (await reader.JoinAsync(gateway.Storage.Consumers).ConfigureAwait(false))
        {
            case ErrorCode.None:
                channel.Add(reader);
                return reader;
            case ErrorCode.LeaseHeld:
                throw AmqpException.Refused($"queue '{queue.Name}' in vhost '{vhost.Name}' in exclusive use");
            case ErrorCode.NotFound:
                await gateway.Queues.DeleteQueueAsync(vhost, queue).ConfigureAwait(false);
                throw AmqpException.NoQueue(queue.Name, vhost.Name);
            case var error:
                throw AmqpException.Storage(error);
        }
    }
}

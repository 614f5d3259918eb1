using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class BasicCancelHandler(AmqpGatewayState gateway) : MethodHandler<BasicCancel>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in BasicCancel method)
    {
        if (channel.ReplyConsumer is { } replies && method.ConsumerTag.SequenceEqual(replies))
            channel.ReplyConsumer = null;
        var tag = Encoding.UTF8.GetString(method.ConsumerTag);
        if (channel.FindConsumer(tag) is { } consumer)
            return CancelAsync(channel, consumer, method.NoWait);
        Answer(channel, tag, method.NoWait);
        return null;
    }

    private async Task CancelAsync(AmqpChannel channel, Queues.IQueueConsumer consumer, bool noWait)
    {
        await channel.CancelAsync(consumer).ConfigureAwait(false);
        Answer(channel, consumer.Tag, noWait);
        await gateway.Queues.DeleteIfUnusedAsync(channel.Connection.Vhost!, consumer.Queue, [consumer.MemberName]).ConfigureAwait(false);
    }

    private static void Answer(AmqpChannel channel, string tag, bool noWait)
    {
        if (!noWait)
            channel.Connection.Outbound.WriteMethod(channel.Number, new BasicCancelOk { ConsumerTag = Encoding.UTF8.GetBytes(tag) });
    }
}

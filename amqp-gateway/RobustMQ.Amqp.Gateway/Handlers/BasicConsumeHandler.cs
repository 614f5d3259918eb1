using System.Security.Cryptography;
using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Amqp.Gateway.Queues;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class BasicConsumeHandler(AmqpGatewayState gateway) : MethodHandler<BasicConsume>
{
    private const int TagBytes = 16;

    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in BasicConsume method)
    {
        var tag = method.ConsumerTag.IsEmpty
            ? "amq.ctag-" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(TagBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_')
            : Encoding.UTF8.GetString(method.ConsumerTag);
        if (channel.HasConsumer(tag))
            throw new AmqpException(ReplyCode.NotAllowed, $"attempt to reuse consumer tag '{tag}'");
        if (method.Queue.SequenceEqual(DirectReplies.Name))
        {
            ConsumeReplies(channel, tag, method);
            return null;
        }
        var priority = ReadPriority(ArgumentTable.Read(method.Arguments));
        return ConsumeAsync(channel, Existing.QueueName(channel, method.Queue), tag, method.NoAck, method.Exclusive, priority, method.NoWait);
    }

    private async Task ConsumeAsync(AmqpChannel channel, string name, string tag, bool noAck, bool exclusive, int priority, bool noWait)
    {
        var connection = channel.Connection;
        var queue = await Existing.QueueAsync(connection, name).ConfigureAwait(false);
        var consumer = new QueueMember(channel, queue, tag, noAck, channel.Prefetch, gateway.Options.DeliveryWindow);
        switch (await consumer.JoinAsync(gateway.Storage.Consumers, priority, exclusive).ConfigureAwait(false))
        {
            case ErrorCode.None:
                break;
            case ErrorCode.LeaseHeld:
                throw AmqpException.Refused($"queue '{name}' in vhost '{connection.Vhost!.Name}' in exclusive use");
            case ErrorCode.NotFound:
                await gateway.Queues.DeleteQueueAsync(connection.Vhost!, queue).ConfigureAwait(false);
                throw AmqpException.NoQueue(name, connection.Vhost!.Name);
            case var error:
                throw AmqpException.Storage(error);
        }
        channel.Add(consumer);
        if (!noWait)
            Answer(channel, tag);
        consumer.Begin();
    }

    private static void ConsumeReplies(AmqpChannel channel, string tag, in BasicConsume method)
    {
        if (!method.NoAck)
            throw AmqpException.Precondition("reply consumer cannot acknowledge");
        if (channel.ReplyConsumer is not null)
            throw AmqpException.Precondition("reply consumer already set");
        channel.ReplyConsumer = Encoding.UTF8.GetBytes(tag);
        if (!method.NoWait)
            Answer(channel, tag);
    }

    private static void Answer(AmqpChannel channel, string tag) =>
        channel.Connection.Outbound.WriteMethod(channel.Number, new BasicConsumeOk { ConsumerTag = Encoding.UTF8.GetBytes(tag) });

    private static int ReadPriority(ArgumentTable arguments)
    {
        if (!arguments.TryFind("x-priority", out var value))
            return 0;
        return value.IsInteger
            ? (int)Math.Clamp(value.Integer, int.MinValue, int.MaxValue)
            : throw AmqpException.Precondition($"invalid arg 'x-priority': {{unacceptable_type,{ArgumentTable.TypeName(value.Type)}}}");
    }
}

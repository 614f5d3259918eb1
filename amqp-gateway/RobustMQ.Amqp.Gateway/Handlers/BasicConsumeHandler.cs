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
        var arguments = ArgumentTable.Read(method.Arguments);
        ReadPriority(arguments);
        return ConsumeAsync(channel, Existing.QueueName(channel, method.Queue), tag, method.NoAck, method.Exclusive, arguments, method.NoWait);
    }

    private async Task ConsumeAsync(AmqpChannel channel, string name, string tag, bool noAck, bool exclusive, ArgumentTable arguments, bool noWait)
    {
        var connection = channel.Connection;
        var queue = await Existing.QueueAsync(connection, name).ConfigureAwait(false);
        IQueueConsumer consumer;
        Task<ErrorCode> joined;
        if (queue.Spec.Policy.IsStream)
        {
            var reader = ReaderOf(channel, queue, tag, noAck, arguments);
            (consumer, joined) = (reader, reader.JoinAsync().AsTask());
        }
        else
        {
            var member = new QueueMember(channel, queue, tag, noAck, channel.Prefetch, gateway.Options.DeliveryWindow);
            (consumer, joined) = (member, member.JoinAsync(gateway.Storage.Consumers, ReadPriority(arguments), exclusive));
        }
        switch (await joined.ConfigureAwait(false))
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

    private Queues.StreamReader ReaderOf(AmqpChannel channel, Queue queue, string tag, bool noAck, ArgumentTable arguments)
    {
        var where = $"queue '{queue.Name}' in vhost '{channel.Connection.Vhost!.Name}'";
        if (noAck)
            throw AmqpException.Unserved($"automatic acknowledgement not supported by stream {where}");
        var prefetch = channel.Prefetch > 0 ? channel.Prefetch : channel.GlobalPrefetch;
        if (prefetch == 0)
            throw AmqpException.Precondition($"consumer prefetch count is not set for stream {where}");
        return new Queues.StreamReader(
            channel, queue, tag, prefetch, StreamOffset.Read(arguments, where, gateway.NowMs), StreamFilter.Read(arguments), gateway.Storage.Logs, gateway.Time);
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

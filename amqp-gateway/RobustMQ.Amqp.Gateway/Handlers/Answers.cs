using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>A client's answers to deliveries: now, or with the transaction that is open.</summary>
internal static class Answers
{
    public static void Give(AmqpChannel channel, ulong tag, bool isMultiple, AckKind kind)
    {
        if (channel.Transaction is { } transaction)
            transaction.Add(new PendingAnswer(tag, isMultiple, kind));
        else if (!channel.Answer(tag, isMultiple, kind))
            throw AmqpChannel.UnknownTag(tag);
    }
}

using System.Text;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.GatewayKit.Identity;

namespace RobustMQ.Amqp.Gateway;

/// <summary>
/// What a user may do, on canonical subjects: <c>$amqp.q.queue</c> for a queue (subscribe: declare, consume, get, bind, purge, delete; publish: through the default exchange),
/// <c>$amqp.x.exchange.key</c> for an exchange (publish: declare, delete, publish; subscribe: bind from it), and for <c>amq.topic</c> the subject that the key is in every protocol.
/// </summary>
internal static class AmqpAccess
{
    public static byte[] SubjectOf(string exchange, ReadOnlySpan<byte> routingKey)
    {
        if (exchange.Length == 0)
            return SubjectOfQueue(Encoding.UTF8.GetString(routingKey));
        var key = AmqpNames.Encode(routingKey);
        return exchange == Exchange.TopicName ? key : [.. Encoding.UTF8.GetBytes(AmqpTopics.SubjectPrefixOfExchange(exchange, durable: true)), .. key];
    }

    public static byte[] SubjectOfQueue(string queue) => Encoding.UTF8.GetBytes(AmqpTopics.SubjectOfQueue(queue));

    public static bool MayPublish(AmqpConnection connection, ReadOnlySpan<byte> exchange, ReadOnlySpan<byte> routingKey) =>
        connection.Identity?.Permissions is not { } permissions || permissions.CanPublish(SubjectOf(Encoding.UTF8.GetString(exchange), routingKey));

    /// <summary>Using a queue in any way but publishing to it.</summary>
    public static void CheckQueue(AmqpConnection connection, string queue)
    {
        if (connection.Identity?.Permissions is { } permissions && permissions.CanSubscribe(SubjectOfQueue(queue), default) == SubscribeDecision.Denied)
            throw Refused("queue", queue, connection);
    }

    /// <summary>Making or removing an exchange, or routing to it: the right to publish to it with any key.</summary>
    public static void CheckExchange(AmqpConnection connection, string exchange)
    {
        if (connection.Identity?.Permissions is { } permissions && !permissions.CanPublish(SubjectOf(exchange, "x"u8)))
            throw Refused("exchange", exchange, connection);
    }

    /// <summary>Getting what an exchange is told: all that the binding may bring must be the user's to read, since nobody looks at single messages later.</summary>
    public static void CheckBinding(AmqpConnection connection, Exchange source, ReadOnlySpan<byte> routingKey)
    {
        if (connection.Identity?.Permissions is not { } permissions)
            return;
        var prefix = source.IsShared ? [] : Encoding.UTF8.GetBytes(AmqpTopics.SubjectPrefixOfExchange(source.Name, durable: true));
        byte[] filter = source.Spec.Kind switch
        {
            ExchangeKind.Topic => [.. prefix, .. AmqpNames.Filter(routingKey)],
            ExchangeKind.Direct => [.. prefix, .. AmqpNames.Encode(routingKey)],
            _ => [.. prefix, (byte)'>'],
        };
        if (permissions.CanSubscribe(filter, default) != SubscribeDecision.Allowed)
            throw Refused("exchange", source.Name, connection);
    }

    private static AmqpException Refused(string kind, string name, AmqpConnection connection) =>
        AmqpException.Refused($"access to {kind} '{name}' in vhost '{connection.Vhost!.Name}' refused for user '{connection.UserName}'");
}

using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace RobustMQ.Amqp.Gateway.Tests.Support;

internal static class ChannelExtensions
{
    public static ValueTask SendAsync(this IChannel channel, string exchange, string key, string body, Action<BasicProperties>? configure = null, bool mandatory = false)
    {
        var properties = new BasicProperties();
        configure?.Invoke(properties);
        return channel.BasicPublishAsync(exchange, key, mandatory, properties, Encoding.UTF8.GetBytes(body));
    }

    /// <summary>Declares a durable queue.</summary>
    public static Task<QueueDeclareOk> QueueAsync(this IChannel channel, string name, params (string Name, object? Value)[] arguments) =>
        channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments.ToDictionary(static pair => pair.Name, static pair => pair.Value));

    public static async Task<Received> ConsumeAsync(this IChannel channel, string queue, bool autoAck = false, string tag = "", IDictionary<string, object?>? arguments = null, bool exclusive = false)
    {
        var received = new Received(channel);
        received.Tag = await channel.BasicConsumeAsync(queue, autoAck, tag, noLocal: false, exclusive, arguments, received.Consumer);
        return received;
    }

    /// <summary>The next message of a queue as text; <c>(none)</c> where there is none.</summary>
    public static async Task<string> TakeAsync(this IChannel channel, string queue)
    {
        var got = await channel.BasicGetAsync(queue, autoAck: true);
        return got is null ? "(none)" : Encoding.UTF8.GetString(got.Body.Span);
    }

    /// <summary>All messages of a queue.</summary>
    public static async Task<List<string>> DrainAsync(this IChannel channel, string queue)
    {
        var messages = new List<string>();
        while (await channel.BasicGetAsync(queue, autoAck: true) is { } got)
            messages.Add(Encoding.UTF8.GetString(got.Body.Span));
        return messages;
    }

    public static async Task<uint> CountAsync(this IChannel channel, string queue) => (await channel.QueueDeclarePassiveAsync(queue)).MessageCount;

    /// <summary>What an operation is refused with: code and text.</summary>
    public static async Task<string> RefusalOfAsync(Func<Task> operation)
    {
        var error = await Assert.ThrowsAnyAsync<OperationInterruptedException>(operation);
        return $"{error.ShutdownReason!.ReplyCode} {error.ShutdownReason.ReplyText}";
    }

    public static string Text(this ReadOnlyMemory<byte> body) => Encoding.UTF8.GetString(body.Span);
}

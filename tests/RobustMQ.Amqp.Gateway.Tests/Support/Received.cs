using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace RobustMQ.Amqp.Gateway.Tests.Support;

/// <summary>What a consumer got, to be awaited one by one.</summary>
internal sealed class Received
{
    private readonly Channel<Message> _messages = Channel.CreateUnbounded<Message>();
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Received(IChannel channel)
    {
        Consumer = new AsyncEventingBasicConsumer(channel);
        Consumer.ReceivedAsync += (_, delivery) =>
        {
            _messages.Writer.TryWrite(new Message(
                delivery.Body.ToArray(), delivery.DeliveryTag, delivery.Redelivered, delivery.Exchange, delivery.RoutingKey, new BasicProperties(delivery.BasicProperties)));
            return Task.CompletedTask;
        };
        Consumer.UnregisteredAsync += (_, _) =>
        {
            _cancelled.TrySetResult();
            return Task.CompletedTask;
        };
    }

    public AsyncEventingBasicConsumer Consumer { get; }

    public string Tag { get; set; } = string.Empty;

    /// <summary>The server has cancelled the consumer.</summary>
    public Task Cancelled => _cancelled.Task.WaitAsync(AmqpCluster.Deadline);

    public int Waiting => _messages.Reader.Count;

    public Task<Message> NextAsync() => _messages.Reader.ReadAsync().AsTask().WaitAsync(AmqpCluster.Deadline);

    public async Task<string> TextAsync() => (await NextAsync()).Text;

    public async Task<List<string>> TextsAsync(int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
            texts.Add(await TextAsync());
        return texts;
    }
}

internal sealed record Message(byte[] Body, ulong Tag, bool Redelivered, string Exchange, string RoutingKey, BasicProperties Properties)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Body);
}

using System.Text;
using RobustMQ.Nats.Gateway.Delivery;
using RobustMQ.Nats.Gateway.Live;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Records.Batches;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary>Writes messages to subscriptions that the service itself delivers to. One for each feed: it keeps scratch memory.</summary>
internal sealed class FeedDelivery
{
    private readonly RunDelivery _delivery = new();
    private readonly HeaderBlockBuilder _headers = new();
    private byte[] _message = new byte[512];

    /// <summary>Gives a record to one subscription.</summary>
    /// <returns>False where it takes nothing any more.</returns>
    public bool Deliver(NatsSubscription subscription, string subject, in Record record)
    {
        _headers.Build(record.Headers, out _);
        return Deliver([subscription], 0, subject, _headers.Block, record.Value);
    }

    /// <summary>Gives a record to a member of a queue group, to the next one where the chosen member takes none.</summary>
    public bool Deliver(NatsSubscription[] members, int index, string subject, in Record record)
    {
        _headers.Build(record.Headers, out _);
        return Deliver(members, index, subject, _headers.Block, record.Value);
    }

    public bool Deliver(NatsSubscription subscription, string subject, ReadOnlySpan<byte> payload) => Deliver([subscription], 0, subject, default, payload);

    public void Flush() => _delivery.FlushList.Flush();

    private bool Deliver(NatsSubscription[] members, int index, string subject, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        var length = headers.Length + payload.Length;
        if (_message.Length < length + 2)
            _message = new byte[length * 2 + 2];
        headers.CopyTo(_message);
        payload.CopyTo(_message.AsSpan(headers.Length));
        "\r\n"u8.CopyTo(_message.AsSpan(length));
        ReadOnlySpan<RunMessage> messages = [new RunMessage(0, 0, 0, headers.Length, length)];
        return _delivery.DeliverToOne(new PublishRun(_message, Encoding.UTF8.GetBytes(subject), messages), members, index, publisher: null);
    }
}

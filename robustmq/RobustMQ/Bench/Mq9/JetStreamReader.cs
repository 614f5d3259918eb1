using System.Text;

namespace RobustMQ.Bench.Mq9;

/// <summary>A durable pull consumer that acknowledges cumulatively: a pull, and an acknowledgement of the last message that asks for its confirmation.</summary>
internal sealed class JetStreamReader(StoreTarget stream, TimeSpan timeout) : IBatchReader
{
    private readonly Conversation _client = new(stream.Server, timeout);
    private string _consumer = string.Empty;

    public void Begin(int number)
    {
        _consumer = $"bench-{number}";
        _client.Ask(
            $"$JS.API.CONSUMER.CREATE.{stream.Name}.{_consumer}",
            $$$"""{"stream_name":"{{{stream.Name}}}","config":{"name":"{{{_consumer}}}","durable_name":"{{{_consumer}}}","ack_policy":"all","deliver_policy":"all","max_ack_pending":-1}}""");
    }

    public void Take(int count)
    {
        _client.Send($"$JS.API.CONSUMER.MSG.NEXT.{stream.Name}.{_consumer}", $$"""{"batch":{{count}},"expires":5000000000}""");
        var last = string.Empty;
        for (var taken = 1; taken <= count; taken++)
        {
            var message = _client.Receive();
            if (taken == count)
                last = Encoding.ASCII.GetString(message.Reply);
        }
        _client.Ask(last, "+ACK");
    }

    public void Dispose() => _client.Dispose();
}

using System.Text;
using RobustMQ.Bench.Nats;

namespace RobustMQ.Bench.Mq9;

/// <summary>One client that asks and waits for the answer, on one inbox.</summary>
internal sealed class Conversation : IDisposable
{
    private readonly NatsBenchConnection _connection;
    private readonly string _inbox = $"_INBOX.{Guid.NewGuid():n}";
    private int _consumed;
    private bool _needsMore;

    public Conversation(NatsServerAddress server, TimeSpan timeout)
    {
        _connection = NatsBenchConnection.Open(server, timeout);
        _connection.Send(Encoding.ASCII.GetBytes($"SUB {_inbox} 1\r\n"));
        _connection.Barrier();
    }

    public void Send(string subject, string payload) =>
        _connection.Send(Encoding.UTF8.GetBytes($"PUB {subject} {_inbox} {Encoding.UTF8.GetByteCount(payload)}\r\n{payload}\r\n"));

    /// <summary>The next message; its bytes are valid until the next call.</summary>
    public ReceivedMessage Receive()
    {
        _connection.Consume(_consumed);
        _consumed = 0;
        for (_needsMore = false; ; _needsMore = true)
        {
            if (!MessageReader.TryRead(_connection.Receive(_needsMore), out var message))
                continue;
            _consumed = message.TotalLength;
            return message;
        }
    }

    /// <exception cref="IOException">The answer is an error.</exception>
    public ReceivedMessage Ask(string subject, string payload)
    {
        Send(subject, payload);
        var answer = Receive();
        return answer.Payload.IndexOf("\"error\""u8) < 0 ? answer : throw new IOException($"{subject}: {Encoding.UTF8.GetString(answer.Payload)}");
    }

    public void Dispose() => _connection.Dispose();
}

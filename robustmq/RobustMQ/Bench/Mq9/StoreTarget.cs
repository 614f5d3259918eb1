using System.Text;
using RobustMQ.Bench.Nats;

namespace RobustMQ.Bench.Mq9;

/// <summary>Where a bench stores messages by request, and gets an answer when they are on the device: a mailbox, or a JetStream stream of another server.</summary>
/// <param name="CreateSubject">Makes the place, with <paramref name="CreatePayload"/>.</param>
internal sealed record StoreTarget(NatsServerAddress Server, string Kind, string CreateSubject, string CreatePayload, string SendSubject)
{
    public static StoreTarget Mailbox(NatsServerAddress server)
    {
        var address = FreshName();
        return new StoreTarget(server, "mq9 SEND", "$mq9.AI.MAILBOX.CREATE", $$"""{"name":"{{address}}","ttl":600}""", $"$mq9.AI.MSG.SEND.{address}");
    }

    public static StoreTarget Stream(NatsServerAddress server)
    {
        var name = FreshName();
        var subject = $"bench.{name}";
        return new StoreTarget(
            server, "JetStream publish", $"$JS.API.STREAM.CREATE.{name}", $$"""{"name":"{{name}}","subjects":["{{subject}}"],"storage":"file","num_replicas":1}""", subject);
    }

    /// <exception cref="IOException">The server refused.</exception>
    public void Create(TimeSpan timeout)
    {
        using var connection = NatsBenchConnection.Open(Server, timeout);
        Ask(connection, CreateSubject, CreatePayload);
        // One message, so that a run does not measure how fast errors come.
        Ask(connection, SendSubject, "x");
    }

    private static void Ask(NatsBenchConnection connection, string subject, string payload)
    {
        var inbox = $"_INBOX.{Guid.NewGuid():n}";
        connection.Send(Encoding.UTF8.GetBytes($"SUB {inbox} 1\r\nUNSUB 1 1\r\nPUB {subject} {inbox} {Encoding.UTF8.GetByteCount(payload)}\r\n{payload}\r\n"));
        for (var needsMore = false; ; needsMore = true)
        {
            if (!MessageReader.TryRead(connection.Receive(needsMore), out var message))
                continue;
            var answer = Encoding.UTF8.GetString(message.Payload);
            connection.Consume(message.TotalLength);
            if (answer.Contains("\"error\"", StringComparison.Ordinal))
                throw new IOException($"{subject}: {answer}");
            return;
        }
    }

    private static string FreshName() => $"bench{Guid.NewGuid():n}"[..24];
}

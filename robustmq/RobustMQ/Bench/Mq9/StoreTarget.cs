using RobustMQ.Bench.Nats;

namespace RobustMQ.Bench.Mq9;

/// <summary>Where a bench stores messages by request, and gets an answer when they are on the device: a mailbox, or a JetStream stream of another server.</summary>
/// <param name="Name">Of the mailbox or stream.</param>
/// <param name="CreateSubject">Makes the place, with <paramref name="CreatePayload"/>.</param>
internal sealed record StoreTarget(NatsServerAddress Server, string Name, bool IsMailbox, string CreateSubject, string CreatePayload, string SendSubject)
{
    public string SendKind => IsMailbox ? "mq9 SEND" : "JetStream publish";

    public string ReadKind => IsMailbox ? "mq9 FETCH + ACK" : "JetStream pull + ack";

    public static StoreTarget Mailbox(NatsServerAddress server)
    {
        var address = FreshName();
        return new StoreTarget(server, address, true, "$mq9.AI.MAILBOX.CREATE", $$"""{"name":"{{address}}","ttl":600}""", $"$mq9.AI.MSG.SEND.{address}");
    }

    public static StoreTarget Stream(NatsServerAddress server)
    {
        var name = FreshName();
        var subject = $"bench.{name}";
        return new StoreTarget(
            server, name, false, $"$JS.API.STREAM.CREATE.{name}", $$"""{"name":"{{name}}","subjects":["{{subject}}"],"storage":"file","num_replicas":1}""", subject);
    }

    /// <summary>Another place of the same kind at the same server.</summary>
    public StoreTarget Another() => IsMailbox ? Mailbox(Server) : Stream(Server);

    /// <exception cref="IOException">The server refused.</exception>
    public void Create(TimeSpan timeout)
    {
        using var client = new Conversation(Server, timeout);
        client.Ask(CreateSubject, CreatePayload);
    }

    /// <summary>Stores messages, and waits until all are.</summary>
    public RequestResult Send(int clients, int inFlight, int payloadBytes, long count, TimeSpan timeout) => new RequestRunner(Server, new RequestScenario
    {
        Name = SendKind,
        Requesters = clients,
        Responders = 0,
        InFlight = inFlight,
        PayloadBytes = payloadBytes,
        Requests = count,
        Subject = SendSubject,
        Timeout = timeout,
    }).Run();

    public IBatchReader Read(TimeSpan timeout) => IsMailbox ? new MailboxReader(this, timeout) : new JetStreamReader(this, timeout);

    private static string FreshName() => $"bench{Guid.NewGuid():n}"[..24];
}

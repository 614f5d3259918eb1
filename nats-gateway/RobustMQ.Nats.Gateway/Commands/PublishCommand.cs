using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Commands;

/// <summary>PUB and HPUB.</summary>
internal sealed class PublishCommand(NatsSession session)
{
    public void Run(in NatsCommand command, ReadOnlySpan<byte> source, int commandStart)
    {
        var connection = session.Connection;
        if (!session.Publisher.Add(command, source, commandStart))
        {
            connection.Answer(NatsErrors.PublishViolation(command.Subject));
        }
        else if (connection.Options.Verbose)
        {
            // The answer precedes the message where the client gets its own.
            connection.Answer("+OK\r\n"u8);
            session.Publisher.EndSource(source);
        }
        if (!session.Publisher.Requests.HasRoom)
            session.PauseFor(session.Publisher.Requests.WhenRoomAsync());
    }
}

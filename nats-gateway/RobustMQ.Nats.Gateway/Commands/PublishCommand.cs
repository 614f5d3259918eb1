using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Commands;

/// <summary>PUB and HPUB.</summary>
internal sealed class PublishCommand(NatsSession session)
{
    public bool Run(in NatsCommand command, ReadOnlySpan<byte> source, int commandStart)
    {
        var connection = session.Connection;
        var options = connection.Options;
        if (command.Kind == NatsCommandKind.HPub && !options.Headers)
        {
            session.Publisher.EndSource(source);
            connection.Close(new CloseReason("Protocol Violation"));
            return false;
        }
        if (options.Pedantic && !NatsSubjects.IsLiteral(command.Subject))
            connection.Answer(NatsErrors.Line(NatsErrors.InvalidPublishSubject));

        if (!session.Publisher.Add(command, source, commandStart))
        {
            connection.Answer(NatsErrors.PublishViolation(command.Subject));
        }
        else if (options.Verbose)
        {
            session.Publisher.EndSource(source);
            connection.Answer("+OK\r\n"u8);
        }
        return true;
    }
}

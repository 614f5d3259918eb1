using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Commands;

/// <summary>Sends each command of a client to its handler, and ends the connection as nats-server does where input is no command.</summary>
internal sealed class CommandDispatcher(NatsGatewayState gateway, NatsSession session)
{
    private readonly ConnectCommand _connect = new(gateway, session);
    private readonly PublishCommand _publish = new(session);
    private readonly SubscribeCommand _subscribe = new(gateway, session.Connection);
    private readonly UnsubscribeCommand _unsubscribe = new(session.Connection);
    private readonly PingCommand _ping = new(gateway, session.Connection);

    /// <param name="source">The input that the command's slices and <paramref name="commandStart"/> refer to.</param>
    /// <returns>False where the connection is closing: nothing more is to be run.</returns>
    public bool Run(in NatsCommand command, ReadOnlySpan<byte> source, int commandStart)
    {
        if (!MayBegin(command.Kind, source))
            return false;
        if (command.Kind is NatsCommandKind.Pub or NatsCommandKind.HPub)
        {
            _publish.Run(command, source, commandStart);
            return true;
        }

        // Publishes before this command were gathered and come first.
        session.Publisher.EndSource(source);
        switch (command.Kind)
        {
            case NatsCommandKind.Ping:
                _ping.Run();
                break;
            case NatsCommandKind.Pong:
                _ping.RunPong();
                break;
            case NatsCommandKind.Sub:
                _subscribe.Run(command);
                break;
            case NatsCommandKind.Unsub:
                _unsubscribe.Run(command);
                break;
            case NatsCommandKind.Error:
                session.Connection.Close(CloseReason.ClientError);
                break;
            case NatsCommandKind.Connect:
                _connect.Run(command.Json);
                break;
        }
        return session.Connection.CloseReason is null;
    }

    /// <summary>
    /// A client that must log in says CONNECT before anything else, and one that did not ask for headers sends none. Told by the control line, before the payload.
    /// </summary>
    public bool MayBegin(NatsCommandKind kind, ReadOnlySpan<byte> source)
    {
        var connection = session.Connection;
        if (connection.Identity is null)
        {
            if (kind == NatsCommandKind.Connect)
                return true;
            connection.Close(CloseReason.AuthenticationFailure);
            return false;
        }
        if (kind != NatsCommandKind.HPub || connection.Options.Headers)
            return true;
        session.Publisher.EndSource(source);
        connection.Close(CloseReason.ProtocolViolation);
        return false;
    }

    /// <param name="kind">The command's, where its control line was read: a client that may not send it is told that, whatever the payload is like.</param>
    /// <param name="source">What precedes the bad input is still delivered, to this client too.</param>
    public void Reject(ParseStatus status, NatsCommandKind kind, ReadOnlySpan<byte> source)
    {
        if (!MayBegin(kind, source))
            return;
        session.Publisher.EndSource(source);
        session.Connection.Close(status switch
        {
            ParseStatus.LineTooLong => CloseReason.Protocol("Maximum Control Line Exceeded", NatsErrors.MaximumControlLine),
            ParseStatus.PayloadTooLarge => CloseReason.Protocol("Maximum Message Payload Exceeded", NatsErrors.MaximumPayload),
            // nats-server closes on wrong arguments without a word.
            ParseStatus.BadArguments => CloseReason.ProtocolViolation,
            _ => CloseReason.Protocol("Protocol Violation", NatsErrors.UnknownProtocolOperation),
        });
    }
}

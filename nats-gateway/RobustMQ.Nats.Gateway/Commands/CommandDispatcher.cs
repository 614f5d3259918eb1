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
        if (!MayBegin(command.Kind))
            return false;
        if (command.Kind is NatsCommandKind.Pub or NatsCommandKind.HPub)
            return _publish.Run(command, source, commandStart);

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
            case NatsCommandKind.Connect:
                _connect.Run(command.Json);
                break;
        }
        return session.Connection.CloseReason is null;
    }

    /// <summary>A client that must log in says CONNECT before anything else.</summary>
    public bool MayBegin(NatsCommandKind kind)
    {
        if (session.Connection.Identity is not null || kind == NatsCommandKind.Connect)
            return true;
        session.Connection.Close(CloseReason.AuthenticationFailure);
        return false;
    }

    public void Reject(ParseStatus status)
    {
        var connection = session.Connection;
        if (connection.Identity is null)
        {
            connection.Close(CloseReason.AuthenticationFailure);
            return;
        }
        connection.Close(status switch
        {
            ParseStatus.LineTooLong => CloseReason.Protocol("Maximum Control Line Exceeded", NatsErrors.MaximumControlLine),
            ParseStatus.PayloadTooLarge => CloseReason.Protocol("Maximum Message Payload Exceeded", NatsErrors.MaximumPayload),
            // nats-server closes on wrong arguments without a word.
            ParseStatus.BadArguments => new CloseReason("Protocol Violation"),
            _ => CloseReason.Protocol("Protocol Violation", NatsErrors.UnknownProtocolOperation),
        });
    }
}

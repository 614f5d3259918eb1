using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Commands;

/// <summary>UNSUB: at once, or after a number of messages counted from the subscription's beginning.</summary>
internal sealed class UnsubscribeCommand(NatsConnection connection)
{
    public void Run(in NatsCommand command)
    {
        if (connection.TryGetSubscription(command.Sid, out var subscription)
            && (command.MessagesMax == 0 || connection.Outbound.LimitDeliveries(subscription, command.MessagesMax)))
            connection.EndSubscription(subscription);
        if (!connection.Options.Verbose)
            return;
        connection.Answer("+OK\r\n"u8);
    }
}

using RobustMQ.Amqp.Protocol;

namespace RobustMQ.Amqp.Gateway.Connections;

/// <summary>Looks at every connection a few times a second: who has not opened yet, who has been silent for longer than it promised, to whom a heartbeat is due.</summary>
internal sealed class ConnectionSweeper(AmqpGatewayState gateway)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>For a client's last word.</summary>
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, gateway.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
                Sweep();
        }
        catch (OperationCanceledException)
        {
        }
    }

    internal void Sweep()
    {
        foreach (var connection in gateway.Connections.Open)
        {
            if (connection.Outbound.IsClosed)
                connection.BeginEnding();
            if (connection.Vhost is null)
            {
                if (connection.Age > gateway.Options.HandshakeTimeout)
                    connection.CloseRequested?.Invoke(new AmqpException(ReplyCode.ConnectionForced, "the connection was not opened in time"));
                continue;
            }
            if (connection.ClosingAt != 0)
            {
                if (gateway.Time.GetElapsedTime(connection.ClosingAt) > CloseTime)
                    connection.CloseRequested?.Invoke(new AmqpException(ReplyCode.ConnectionForced, "the close was not confirmed in time"));
                continue;
            }
            if (connection.Heartbeat == TimeSpan.Zero)
                continue;
            if (!connection.IsHeldBack && connection.Silence > 2 * connection.Heartbeat)
            {
                connection.CloseRequested?.Invoke(new AmqpException(ReplyCode.ConnectionForced, "missed heartbeats from client"));
            }
            else if (connection.Outbound.Silence > connection.Heartbeat / 2)
            {
                connection.Outbound.WriteHeartbeat();
                connection.Outbound.Flush();
            }
        }
    }
}

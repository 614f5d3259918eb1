namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>Looks at every connection a few times a second: who has not said CONNECT, who has been silent for longer than it promised.</summary>
internal sealed class ConnectionSweeper(MqttGatewayState gateway)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, gateway.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
                Sweep(gateway.Now);
        }
        catch (OperationCanceledException)
        {
        }
    }

    internal void Sweep(DateTimeOffset now)
    {
        foreach (var connection in gateway.Connections.Open)
        {
            if (connection.Client is not { } client)
            {
                if (now - connection.StartedAt > gateway.Options.ConnectTimeout)
                    connection.Close(CloseReason.ConnectTimeout);
            }
            else if (client.KeepAlive > TimeSpan.Zero && now - connection.LastActivityAt > client.KeepAlive * 1.5)
            {
                // One and a half times the promised time (5.0 section 3.1.2.10).
                connection.Close(CloseReason.KeepAliveTimeout);
            }
        }
    }
}

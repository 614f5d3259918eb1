namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>Looks at every connection a few times a second: who has not logged in, who is silent, who does not answer pings, whose credentials have ended.</summary>
internal sealed class ConnectionSweeper(NatsGatewayState gateway)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FirstPingDelay = TimeSpan.FromSeconds(2);

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
            Check(connection, now);
    }

    private void Check(NatsConnection connection, DateTimeOffset now)
    {
        var options = gateway.Options;
        if (connection.Identity is not { } identity)
        {
            if (now - connection.StartedAt > options.AuthenticationTimeout)
                connection.Close(CloseReason.AuthenticationTimeout);
            return;
        }
        if (identity.ExpiresAt is { } end && now >= end)
        {
            connection.Close(CloseReason.AuthenticationExpired);
            return;
        }
        // The first one measures the round trip that monitoring shows.
        if (connection.IsGreeted && connection.LastPingAt == default && now - connection.StartedAt >= FirstPingDelay)
        {
            Ping(connection, now);
            return;
        }
        var silence = now - connection.LastActivityAt;
        if (silence < options.PingInterval || now - connection.LastPingAt < options.PingInterval)
            return;
        if (connection.PingsOut >= options.PingsOutMax)
        {
            connection.Close(CloseReason.StaleConnection);
            return;
        }
        Ping(connection, now);
    }

    private static void Ping(NatsConnection connection, DateTimeOffset now)
    {
        connection.PingsOut++;
        connection.LastPingAt = now;
        connection.Outbound.Write("PING\r\n"u8);
        connection.Outbound.Flush();
    }
}

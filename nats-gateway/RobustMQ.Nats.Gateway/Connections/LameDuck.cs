namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>Leaves without a herd of reconnecting clients: INFO with <c>ldm</c> first, then connections are closed one after the other.</summary>
internal sealed class LameDuck(NatsGatewayState gateway)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        gateway.IsDraining = true;
        gateway.Info.IsLameDuck = true;
        var connections = gateway.Connections.Open.ToList();
        foreach (var connection in connections.Where(static connection => connection.Options.TakesInfo))
        {
            connection.Outbound.Write(gateway.Info.For(connection));
            connection.Outbound.Flush();
        }
        var pause = connections.Count == 0 ? TimeSpan.Zero : gateway.Options.LameDuckDuration / connections.Count;
        foreach (var connection in connections)
        {
            if (connection.CloseReason is null && pause > TimeSpan.Zero && !cancellationToken.IsCancellationRequested)
                await WaitAsync(pause, cancellationToken).ConfigureAwait(false);
            connection.Close(CloseReason.ServerShutdown);
        }
    }

    private Task WaitAsync(TimeSpan pause, CancellationToken cancellationToken) =>
        Task.Delay(pause, gateway.Time, cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
}

using RobustMQ.GatewayKit.Live;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Services;

/// <summary>
/// What one client has asked of the gateway's services and is not answered yet. Bounded in bytes, for the connection and for the gateway: where there is too much, the client's input is
/// read on only when some of it is done. Used by the connection's reading thread, apart from <see cref="ClientGone"/>.
/// </summary>
internal sealed class ConnectionRequests(NatsGatewayState gateway, NatsConnection connection) : IDisposable
{
    /// <summary>Of one connection: a few of the largest messages, or some thousands of small ones.</summary>
    private const long BytesMax = 4 << 20;

    /// <summary>What a request takes besides its bytes (its objects, its answer): so that a bound in bytes bounds their number, too.</summary>
    private const int FixedBytes = 1024;

    private readonly Lock _lock = new();
    private InFlightWindow? _window;
    private CancellationTokenSource? _clientGone;
    private bool _isGone;

    public bool HasRoom => _window is null || (_window.HasRoom && gateway.RequestWindow.HasRoom);

    /// <summary>Cancelled when the connection is closed. Any thread.</summary>
    public CancellationToken Gone
    {
        get
        {
            lock (_lock)
                return _isGone ? new CancellationToken(canceled: true) : (_clientGone ??= new CancellationTokenSource()).Token;
        }
    }

    public async Task WhenRoomAsync()
    {
        await _window!.WaitAsync().ConfigureAwait(false);
        await gateway.RequestWindow.WaitAsync().ConfigureAwait(false);
    }

    public void Begin(IRequestService service, in NatsCommand command, ReadOnlySpan<byte> source, int commandStart)
    {
        connection.Received.Add(1, command.BodyLength);
        var window = _window ??= new InFlightWindow(BytesMax);
        var request = new ServiceRequest(command, source, commandStart, connection, Gone) { IsAlone = window.IsEmpty && command.TotalLength == source.Length };
        var bytes = request.SizeBytes + FixedBytes;
        window.Add(bytes);
        gateway.RequestWindow.Add(bytes);
        _ = ServeAsync(service, request, window, bytes);
    }

    /// <summary>Requests that wait for something give up. Any thread.</summary>
    public void ClientGone()
    {
        CancellationTokenSource? gone;
        lock (_lock)
        {
            _isGone = true;
            gone = _clientGone;
        }
        gone?.Cancel();
    }

    public void Dispose() => ClientGone();

    private async Task ServeAsync(IRequestService service, ServiceRequest request, InFlightWindow window, int bytes)
    {
        try
        {
            await service.ServeAsync(request).ConfigureAwait(false);
        }
        finally
        {
            request.Dispose();
            window.Remove(bytes);
            gateway.RequestWindow.Remove(bytes);
        }
    }
}

using System.Net;
using System.Net.Sockets;

namespace RobustMQ.Storage.Client.Tests.Reconnect;

/// <summary>
/// Passes bytes between clients and a server, and resets each connection after a random number of bytes, wherever in a message that is; until it is told to leave them
/// alone. It can also hold everything back, as a network does that has lost a cable.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Random _random;
    private readonly int _bytesMax;
    private readonly int _port;
    private readonly Task _accepting;
    private TaskCompletionSource? _held;
    private volatile bool _cuts = true;
    private int _accepted;
    private int _cut;

    /// <param name="bytesMax">Both ways together, of one connection.</param>
    public CuttingProxy(int port, int bytesMax, int seed)
    {
        _port = port;
        _bytesMax = bytesMax;
        _random = new Random(seed);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>Connections that came so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections that were cut so far.</summary>
    public int Cut => Volatile.Read(ref _cut);

    public void LeaveAlone() => _cuts = false;

    public void Hold()
    {
        lock (_lock)
            _held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Release()
    {
        lock (_lock)
        {
            _held?.TrySetResult();
            _held = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Release();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                _ = ServeAsync(client, _random.Next(1, _bytesMax));
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket client, int bytes)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            var left = new[] { bytes };
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
                await Task.WhenAny(PassAsync(client, server, left), PassAsync(server, client, left));
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
            }
            // Resets rather than closes: what is on its way does not arrive.
            client.Close(0);
            server.Close(0);
        }
    }

    private async Task PassAsync(Socket from, Socket to, int[] left)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer, _stop.Token);
                if (_held is { } held)
                    await held.Task;
                var passed = _cuts ? Math.Min(read, Volatile.Read(ref left[0])) : read;
                if (passed > 0)
                    await to.SendAsync(buffer.AsMemory(0, passed), _stop.Token);
                if (read == 0)
                    return;
                if (Interlocked.Add(ref left[0], -read) <= 0 && _cuts)
                {
                    Interlocked.Increment(ref _cut);
                    return;
                }
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }
}

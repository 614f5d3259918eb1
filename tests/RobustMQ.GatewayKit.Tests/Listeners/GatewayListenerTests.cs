using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Listeners;
using RobustMQ.Hosting.Listeners;

namespace RobustMQ.GatewayKit.Tests.Listeners;

public sealed class GatewayListenerTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_connection_is_served_to_its_end_when_the_port_is_given_up()
    {
        await using var listener = await StartAsync();
        using var client = await ConnectAsync(listener);
        await _served.Task.WaitAsync(Deadline);
        var port = listener.EndPoint;

        var stopping = listener.StopAsync(CancellationToken.None);
        using var limit = new CancellationTokenSource(Deadline);
        while (await IsOpenAsync(port, limit.Token))
            await Task.Yield();
        Assert.False(stopping.IsCompleted);
        _mayEnd.SetResult();

        var answer = new byte[8];
        Assert.Equal(3, await client.ReceiveAsync(answer.AsMemory(), limit.Token));
        Assert.Equal(0, await client.ReceiveAsync(answer.AsMemory(), limit.Token));
        await stopping.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_connection_that_does_not_end_in_time_is_aborted()
    {
        await using var listener = await StartAsync();
        using var client = await ConnectAsync(listener);
        await _served.Task.WaitAsync(Deadline);

        using var impatience = new CancellationTokenSource();
        var stopping = listener.StopAsync(impatience.Token);
        Assert.False(_aborted.Task.IsCompleted);
        await impatience.CancelAsync();

        await _aborted.Task.WaitAsync(Deadline);
        _mayEnd.SetResult();
        await stopping.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_connection_whose_task_fails_is_closed_and_others_are_served()
    {
        await using var listener = await StartAsync();
        _mayEnd.SetException(new InvalidOperationException());
        using var limit = new CancellationTokenSource(Deadline);
        for (var round = 0; round < 2; round++)
        {
            using var client = await ConnectAsync(listener);
            Assert.Equal(0, await client.ReceiveAsync(new byte[1].AsMemory(), limit.Token));
        }
        await listener.StopAsync(CancellationToken.None).WaitAsync(Deadline);
    }

    private async Task<GatewayListener> StartAsync()
    {
        var listener = new GatewayListener("test", new ListenerOptions { Address = IPAddress.Loopback, Port = 0, Tls = null }, 64 << 10, ServeAsync, NullLoggerFactory.Instance);
        await listener.StartAsync(CancellationToken.None);
        return listener;
    }

    private async Task ServeAsync(ConnectionContext connection)
    {
        await using var told = connection.ConnectionClosed.Register(() => _aborted.TrySetResult());
        _served.TrySetResult();
        await _mayEnd.Task;
        await connection.Transport.Output.WriteAsync(new byte[] { 1, 2, 3 });
    }

    private static async Task<Socket> ConnectAsync(GatewayListener listener)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.EndPoint);
        return socket;
    }

    private static async Task<bool> IsOpenAsync(IPEndPoint port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

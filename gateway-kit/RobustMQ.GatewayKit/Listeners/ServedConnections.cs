using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace RobustMQ.GatewayKit.Listeners;

/// <summary>
/// The connections of a raw listener: each goes from the transport straight to a delegate, whose task is its life. To Kestrel they never come: it would keep features, tokens, heartbeats
/// and a logging scope for each, which nobody here asks for and which are a tenth of what an idle connection costs. Thread-safe.
/// </summary>
internal sealed partial class ServedConnections(IConnectionListenerFactory transport, ConnectionDelegate serve, ILogger<ServedConnections> logger) : IConnectionListenerFactory
{
    /// <summary>What an aborted connection may still take to end.</summary>
    private static readonly TimeSpan AbortTime = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<ConnectionContext> _open = [];
    private TaskCompletionSource? _empty;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await transport.BindAsync(endpoint, cancellationToken).ConfigureAwait(false), this);

    /// <summary>Waits for the connections' tasks to end; what is left when cancelled is aborted. Once nothing is accepted any more.</summary>
    private async Task EndAsync(CancellationToken cancellationToken)
    {
        var ended = Ended();
        try
        {
            await ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            foreach (var connection in Open())
                connection.Abort(new ConnectionAbortedException("the gateway stops"));
            await Task.WhenAny(ended, Task.Delay(AbortTime, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private Task Ended()
    {
        lock (_lock)
            return _open.Count == 0 ? Task.CompletedTask : (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    private ConnectionContext[] Open()
    {
        lock (_lock)
            return [.. _open];
    }

    private void Begin(ConnectionContext connection)
    {
        lock (_lock)
            _open.Add(connection);
        // The next one is accepted meanwhile, on any thread that is free.
        ThreadPool.UnsafeQueueUserWorkItem(static begun => _ = begun.Served.ServeAsync(begun.Connection), (Served: this, Connection: connection), preferLocal: false);
    }

    private async Task ServeAsync(ConnectionContext connection)
    {
        try
        {
            await serve(connection).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogFailed(logger, connection.RemoteEndPoint, error);
        }
        await EndAsync(connection).ConfigureAwait(false);
    }

    private async ValueTask EndAsync(ConnectionContext connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogFailed(logger, connection.RemoteEndPoint, error);
        }
        lock (_lock)
        {
            _open.Remove(connection);
            if (_open.Count == 0)
                _empty?.TrySetResult();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The connection from {Remote} ended by a fault of the gateway")]
    private static partial void LogFailed(ILogger logger, EndPoint? remote, Exception error);

    /// <summary>Takes every connection for itself: who asks for one waits until nothing is accepted any more.</summary>
    private sealed class Listener(IConnectionListener inner, ServedConnections served) : IConnectionListener
    {
        private readonly TaskCompletionSource _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isAccepting;

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            _isAccepting = true;
            try
            {
                while (await inner.AcceptAsync(cancellationToken).ConfigureAwait(false) is { } connection)
                    served.Begin(connection);
                return null;
            }
            finally
            {
                _accepted.TrySetResult();
            }
        }

        /// <summary>Gives up the port at once, then waits for the connections: disposed is what they write with.</summary>
        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await inner.UnbindAsync(cancellationToken).ConfigureAwait(false);
            if (_isAccepting)
                await _accepted.Task.ConfigureAwait(false);
            await served.EndAsync(cancellationToken).ConfigureAwait(false);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

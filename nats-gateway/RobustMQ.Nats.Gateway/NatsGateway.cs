using System.Net;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Listeners;
using RobustMQ.GatewayKit.Live;
using RobustMQ.GatewayKit.Metrics;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Hosting.Processes;
using RobustMQ.Nats.Gateway.Authentication;
using RobustMQ.Nats.Gateway.Authentication.Jwt;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Live;
using RobustMQ.Nats.Gateway.Monitoring;
using RobustMQ.Nats.Gateway.Mq9;
using RobustMQ.Nats.Gateway.Services;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway;

/// <summary>The NATS gateway as a part of a process.</summary>
/// <param name="users">Of every protocol; not looked at in decentralised mode.</param>
/// <param name="connect">Opens the storage client; called once, at the start.</param>
public sealed class NatsGateway(NatsOptions options, IdentityProvider users, Func<IStorageClient> connect, ILoggerFactory loggers) : IProcessPart
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private IStorageClient? _storage;
    private NatsGatewayState? _state;
    private GatewayMetrics? _metrics;
    private ILiveFeed? _feed;
    private Mq9Service? _mq9;
    private GatewayListener? _listener;
    private WebSocketListener? _webSockets;
    private MonitoringListener? _monitoring;

    public string Name => "nats";

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public IReadOnlyList<ListenerEndPoint> Listeners =>
    [
        new("nats", $"{(options.Listener.Tls is null ? "nats" : "tls")}://{_listener!.EndPoint}"),
        .. _webSockets is null ? [] : new[] { new ListenerEndPoint("nats-ws", $"{(options.WebSocket!.Listener.Tls is null ? "ws" : "wss")}://{_webSockets.EndPoint}") },
        new("nats-monitor", _monitoring!.Address),
    ];

    public IReadOnlyList<HealthReport> Health
    {
        get
        {
            var isAccepting = _state is { IsDraining: false } && _listener is not null;
            var isConnected = _feed is { Id.IsNone: false };
            return
            [
                new HealthReport("nats:listener", isAccepting, isAccepting ? "accepting" : "not accepting"),
                new HealthReport("nats:storage", isConnected, isConnected ? "connected" : "no connection to the storage-node"),
            ];
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var certificates = options.Listener.Tls is { } tls ? new ServerCertificates(tls, TimeProvider.System, loggers.CreateLogger<ServerCertificates>()) : null;
        _storage = connect();
        var localInterest = new LocalInterest();
        var accounts = new AccountRegistry(localInterest);
        var topics = new TopicMap(_storage.Topics, loggers.CreateLogger<TopicMap>());
        _state = new NatsGatewayState(options, _storage, CreateAuthenticator(accounts), accounts, topics, Time);

        var receiver = new NatsLiveReceiver(accounts, loggers.CreateLogger<NatsLiveReceiver>());
        _metrics = new GatewayMetrics("nats", () => _state.Count(receiver.DroppedRecords));
        _feed = _storage.Logs.Subscribe($"nats-gateway/{options.ServerName}", receiver);
        _state.Feed = _feed;
        localInterest.Attach(_feed);
        if (options.Mq9.IsEnabled)
        {
            _mq9 = new Mq9Service(_state, _storage, loggers);
            _state.Services = new ServiceTable(_mq9);
        }
        _loops.Add(topics.WatchAsync(_stop.Token));
        _loops.Add(new ConnectionSweeper(_state).RunAsync(_stop.Token));
        _loops.Add(OpenSessions.FollowAsync(users, RenewConnections, loggers.CreateLogger<NatsGateway>(), _stop.Token));

        var handler = new NatsConnectionHandler(_state, certificates, loggers.CreateLogger<NatsConnectionHandler>());
        WarnIfOpen("nats", options.Listener.Address);
        _listener = new GatewayListener("nats", options.Listener, options.PendingBytesMax, handler.ServeAsync, loggers);
        await _listener.StartAsync(cancellationToken).ConfigureAwait(false);
        _state.ListenPort = _listener.EndPoint.Port;
        if (options.WebSocket is { } webSocket)
        {
            WarnIfOpen("nats-ws", webSocket.Listener.Address);
            _webSockets = new WebSocketListener("nats-ws", webSocket, options.PendingBytesMax, handler.ServeAsync, loggers);
            await _webSockets.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        _monitoring = new MonitoringListener(_state, options, loggers);
        await _monitoring.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    private void RenewConnections()
    {
        foreach (var connection in _state!.Connections.Open)
            connection.Renew(_state.Authenticator);
    }

    private void WarnIfOpen(string listener, IPAddress address)
    {
        if (options.TrustedAccounts is null)
            users.WarnIfOpen(listener, address);
    }

    private IAuthenticator CreateAuthenticator(AccountRegistry accounts) => options.TrustedAccounts is { } trusted
        ? new JwtAuthenticator(trusted, accounts, Time, loggers.CreateLogger<JwtAuthenticator>())
        : new UserAuthenticator(users, accounts, Time);

    /// <summary>Lame duck: clients that understand it are told to go elsewhere, then all are closed, spread over the configured time.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (_listener is null || _state is null)
            return;
        // The port is given up before anybody is told to leave: a client that is closed and comes back must find nobody here.
        var stopping = Task.WhenAll(_listener.StopAsync(cancellationToken), _webSockets?.StopAsync(cancellationToken) ?? Task.CompletedTask);
        await new LameDuck(_state).RunAsync(cancellationToken).ConfigureAwait(false);
        await stopping.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_listener is not null)
            await _listener.DisposeAsync().ConfigureAwait(false);
        if (_webSockets is not null)
            await _webSockets.DisposeAsync().ConfigureAwait(false);
        if (_monitoring is not null)
            await _monitoring.DisposeAsync().ConfigureAwait(false);
        if (_feed is not null)
            await _feed.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        _mq9?.Dispose();
        if (_storage is not null)
            await _storage.DisposeAsync().ConfigureAwait(false);
        _metrics?.Dispose();
        _stop.Dispose();
    }
}

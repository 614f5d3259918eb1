using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Listeners;
using RobustMQ.GatewayKit.Live;
using RobustMQ.GatewayKit.Metrics;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Hosting.Processes;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Live;
using RobustMQ.Mqtt.Gateway.Monitoring;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Gateway.Retained;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway;

/// <summary>The MQTT gateway as a part of a process.</summary>
/// <param name="connect">Opens the storage client; called once, at the start.</param>
public sealed class MqttGateway(MqttOptions options, IdentityProvider users, Func<IStorageClient> connect, ILoggerFactory loggers) : IProcessPart
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly List<(string Name, string Scheme, GatewayListener Listener)> _listeners = [];
    private IStorageClient? _storage;
    private MqttGatewayState? _state;
    private GatewayMetrics? _metrics;
    private ILiveFeed? _feed;
    private WebSocketListener? _webSockets;

    public string Name => "mqtt";

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public IReadOnlyList<ListenerEndPoint> Listeners =>
    [
        .. _listeners.Select(static listener => new ListenerEndPoint(listener.Name, $"{listener.Scheme}://{listener.Listener.EndPoint}")),
        .. _webSockets is null ? [] : new[] { new ListenerEndPoint("mqtt-ws", $"{(options.WebSocket!.Listener.Tls is null ? "ws" : "wss")}://{_webSockets.EndPoint}") },
    ];

    public IReadOnlyList<HealthReport> Health
    {
        get
        {
            var isAccepting = _state is { IsDraining: false } && _listeners.Count > 0;
            var isConnected = _feed is { Id.IsNone: false };
            return
            [
                new HealthReport("mqtt:listener", isAccepting, isAccepting ? "accepting" : "not accepting"),
                new HealthReport("mqtt:storage", isConnected, isConnected ? "connected" : "no connection to the storage-node"),
            ];
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _storage = connect();
        var localInterest = new LocalInterest();
        var shares = new SharedConsumers(_storage.Consumers, options, Time);
        var exclusive = new ExclusiveFilters(_storage.Node, Time);
        var namespaces = new NamespaceRegistry(localInterest, shares, exclusive);
        var counters = new LiveCounters();
        var mapping = new TopicMapping(options.Dots);
        var store = new SessionStore(_storage.Logs, _storage.Topics, Time);
        var view = new SessionView(store, namespaces, mapping, Time, loggers.CreateLogger<SessionView>());
        _state = new MqttGatewayState(options, _storage, Time)
        {
            Users = users,
            Namespaces = namespaces,
            Topics = new TopicMap(_storage.Topics, loggers.CreateLogger<TopicMap>()),
            LiveCounters = counters,
            Mapping = mapping,
            Shares = shares,
            Exclusive = exclusive,
            Sessions = new StoredSessions(_storage.Consumers, store, view, options, Time),
            Retained = new RetainedStore(_storage.Logs, _storage.Topics, counters, loggers.CreateLogger<RetainedStore>()),
            ClientIds = new ClientIds(
                _storage.Node, $"mqtt-gateway/{Guid.NewGuid():N}", Time, loggers.CreateLogger<ClientIds>()),
        };
        var receiver = new MqttLiveReceiver(namespaces, _state.Topics, Time, loggers.CreateLogger<MqttLiveReceiver>());
        _metrics = new GatewayMetrics("mqtt", () => _state.Count(receiver.DroppedRecords));
        _feed = _storage.Logs.Subscribe($"mqtt-gateway/{options.ServerName}", receiver);
        _state.Feed = _feed;
        localInterest.Attach(_feed);
        _loops.Add(_state.Topics.WatchAsync(_stop.Token));
        _loops.Add(_state.ClientIds.WatchAsync(_stop.Token));
        _loops.Add(_state.ClientIds.RenewAsync(_stop.Token));
        _loops.Add(exclusive.RenewAsync(_stop.Token));
        _loops.Add(view.RunAsync(_stop.Token));
        _loops.Add(new SessionKeeper(_state, loggers.CreateLogger<SessionKeeper>()).RunAsync(_stop.Token));
        _loops.Add(new ConnectionSweeper(_state).RunAsync(_stop.Token));
        _loops.Add(OpenSessions.FollowAsync(users, FollowUsers, loggers.CreateLogger<MqttGateway>(), _stop.Token));
        if (options.SysInterval > TimeSpan.Zero)
        {
            _state.Sys = new SysTopics(_state);
            _loops.Add(_state.Sys.RunAsync(_stop.Token));
        }

        var handler = new MqttConnectionHandler(_state, loggers.CreateLogger<MqttConnectionHandler>());
        await ListenAsync("mqtt", options.Listener, handler, cancellationToken).ConfigureAwait(false);
        if (options.SecureListener is { } secure)
            await ListenAsync("mqtt-tls", secure, handler, cancellationToken).ConfigureAwait(false);
        if (options.WebSocket is { } webSocket)
        {
            users.WarnIfOpen("mqtt-ws", webSocket.Listener.Address);
            _webSockets = new WebSocketListener("mqtt-ws", webSocket, options.PendingBytesMax, handler.ServeAsync, loggers);
            await _webSockets.StartAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Clients of 5.0 are told that the server shuts down; wills are published.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (_state is null)
            return;
        _state.IsDraining = true;
        // The port is given up before anybody is told to leave: a client that is closed and comes back must find nobody here.
        var stopping = Task.WhenAll(
            [.. _listeners.Select(listener => listener.Listener.StopAsync(cancellationToken)), _webSockets?.StopAsync(cancellationToken) ?? Task.CompletedTask]);
        var reason = options.Redirect is { } redirect ? CloseReason.Redirected(redirect.Server) : CloseReason.ServerShuttingDown;
        foreach (var connection in _state.Connections.Open)
            connection.Close(reason);
        await stopping.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (var (_, _, listener) in _listeners)
            await listener.DisposeAsync().ConfigureAwait(false);
        if (_webSockets is not null)
            await _webSockets.DisposeAsync().ConfigureAwait(false);
        if (_feed is not null)
            await _feed.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        if (_storage is not null)
            await _storage.DisposeAsync().ConfigureAwait(false);
        _metrics?.Dispose();
        _stop.Dispose();
    }

    private void FollowUsers()
    {
        foreach (var connection in _state!.Connections.Open)
            connection.Follow(users);
    }

    private async Task ListenAsync(string name, ListenerOptions where, MqttConnectionHandler handler, CancellationToken cancellationToken)
    {
        users.WarnIfOpen(name, where.Address);
        var certificates = where.Tls is { } tls ? new ServerCertificates(tls, TimeProvider.System, loggers.CreateLogger<ServerCertificates>()) : null;
        var listener = new GatewayListener(
            name, where, options.PendingBytesMax,
            certificates is null ? handler.ServeAsync : context => handler.ServeTlsAsync(context, certificates, where.Tls!),
            loggers);
        await listener.StartAsync(cancellationToken).ConfigureAwait(false);
        _listeners.Add((name, certificates is null ? "mqtt" : "mqtts", listener));
    }
}

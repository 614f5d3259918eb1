using Microsoft.Extensions.Logging;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Shared;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Listeners;
using RobustMQ.GatewayKit.Live;
using RobustMQ.GatewayKit.Metrics;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Hosting.Processes;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway;

/// <summary>The AMQP gateway as a part of a process.</summary>
/// <param name="users">Of every protocol.</param>
/// <param name="connect">Opens the storage client; called once, at the start.</param>
public sealed class AmqpGateway(AmqpOptions options, IdentityProvider users, Func<IStorageClient> connect, TimeProvider time, ILoggerFactory loggers) : IProcessPart
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly List<(string Name, string Scheme, GatewayListener Listener)> _listeners = [];
    private IStorageClient? _storage;
    private AmqpGatewayState? _state;
    private VhostRegistry? _vhosts;
    private Upkeep? _upkeep;
    private SharedFeed? _shared;
    private ILiveFeed? _feed;
    private GatewayMetrics? _metrics;

    public string Name => "amqp";

    public IReadOnlyList<ListenerEndPoint> Listeners =>
        [.. _listeners.Select(static listener => new ListenerEndPoint(listener.Name, $"{listener.Scheme}://{listener.Listener.EndPoint}"))];

    public IReadOnlyList<HealthReport> Health
    {
        get
        {
            var isAccepting = _state is { IsDraining: false } && _listeners.Count > 0;
            var isConnected = _upkeep is { IsMember: true };
            return
            [
                new HealthReport("amqp:listener", isAccepting, isAccepting ? "accepting" : "not accepting"),
                new HealthReport("amqp:storage", isConnected, isConnected ? "connected" : "no connection to the storage-node"),
            ];
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _storage = connect();
        _vhosts = new VhostRegistry(_storage, time, loggers.CreateLogger<VhostRegistry>());
        var topics = new TopicMap(_storage.Topics, loggers.CreateLogger<TopicMap>());
        _state = new AmqpGatewayState(options, _storage, users, _vhosts, topics, time);
        _shared = new SharedFeed(_state, loggers.CreateLogger<SharedFeed>());
        var interest = new LocalInterest();
        _vhosts.Changed = vhost => _shared.Update(vhost, interest);
        _feed = _storage.Logs.Subscribe($"amqp-gateway/{_state.Id}", _shared);
        _state.Feed = _feed;
        interest.Attach(_feed);
        _upkeep = new Upkeep(_state, loggers.CreateLogger<Upkeep>());
        _vhosts.Loaded = _upkeep.BeginAsync;
        _metrics = new GatewayMetrics("amqp", () => _state.Count(_shared.MissedRecords));
        _loops.Add(topics.WatchAsync(_stop.Token));
        _loops.Add(_upkeep.LiveAsync(_stop.Token));
        _loops.Add(_upkeep.WatchAsync(_stop.Token));
        _loops.Add(_upkeep.RunAsync(_stop.Token));
        _loops.Add(new ConnectionSweeper(_state).RunAsync(_stop.Token));
        _loops.Add(OpenSessions.FollowAsync(users, FollowUsers, loggers.CreateLogger<AmqpGateway>(), _stop.Token));

        var handler = new AmqpConnectionHandler(_state, loggers.CreateLogger<AmqpConnectionHandler>());
        await ListenAsync("amqp", options.Listener, handler, cancellationToken).ConfigureAwait(false);
        if (options.SecureListener is { } secure)
            await ListenAsync("amqp-tls", secure, handler, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Clients are told that the server shuts down; what they did not acknowledge goes back to its queues.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (_state is null)
            return;
        _state.IsDraining = true;
        // The port is given up before anybody is told to leave: a client that is closed and comes back must find nobody here.
        var stopping = Task.WhenAll([.. _listeners.Select(listener => listener.Listener.StopAsync(cancellationToken))]);
        foreach (var connection in _state.Connections.Open)
            connection.CloseRequested?.Invoke(new AmqpException(ReplyCode.ConnectionForced, "broker forced connection closure with reason 'shutdown'"));
        await stopping.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, _, listener) in _listeners)
            await listener.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        if (_upkeep is not null)
            await _upkeep.DisposeAsync().ConfigureAwait(false);
        if (_vhosts is not null)
            await _vhosts.DisposeAsync().ConfigureAwait(false);
        if (_feed is not null)
            await _feed.DisposeAsync().ConfigureAwait(false);
        _shared?.Dispose();
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

    private async Task ListenAsync(string name, ListenerOptions where, AmqpConnectionHandler handler, CancellationToken cancellationToken)
    {
        users.WarnIfOpen(name, where.Address);
        var certificates = where.Tls is { } tls ? new ServerCertificates(tls, time, loggers.CreateLogger<ServerCertificates>()) : null;
        var listener = new GatewayListener(
            name, where, options.PendingBytesMax,
            certificates is null ? handler.ServeAsync : context => handler.ServeTlsAsync(context, certificates, where.Tls!),
            loggers);
        await listener.StartAsync(cancellationToken).ConfigureAwait(false);
        _listeners.Add((name, certificates is null ? "amqp" : "amqps", listener));
    }
}

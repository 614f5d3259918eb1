using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Listeners;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Hosting.Processes;
using RobustMQ.Nats.Gateway.Authentication;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Live;
using RobustMQ.Nats.Gateway.Monitoring;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway;

/// <summary>The NATS gateway as a part of a process.</summary>
public sealed class NatsGateway : IProcessPart
{
    private readonly NatsOptions _options;
    private readonly IStorageClient _storage;
    private readonly ILoggerFactory _loggers;
    private readonly CancellationTokenSource _stop = new();
    private readonly LocalInterest _localInterest = new();
    private readonly NatsGatewayState _state;
    private readonly List<Task> _loops = [];
    private GatewayListener? _listener;
    private MonitoringListener? _monitoring;
    private ILiveFeed? _feed;

    public NatsGateway(NatsOptions options, IStorageClient storage, ILoggerFactory loggers)
    {
        _options = options;
        _storage = storage;
        _loggers = loggers;
        var accounts = new AccountRegistry(_localInterest);
        var topics = new TopicMap(storage.Topics, loggers.CreateLogger<TopicMap>());
        _state = new NatsGatewayState(
            options, storage, new OpenAuthenticator(accounts), accounts, topics, TimeProvider.System);
    }

    public string Name => "nats";

    public IReadOnlyList<ListenerEndPoint> Listeners
    {
        get
        {
            var scheme = _options.Listener.Tls is null ? "nats" : "tls";
            var listeners = new List<ListenerEndPoint> { new("nats", $"{scheme}://{_listener!.EndPoint}") };
            listeners.Add(new ListenerEndPoint("nats-monitor", _monitoring!.Address));
            return listeners;
        }
    }

    public IReadOnlyList<HealthReport> Health
    {
        get
        {
            var isConnected = _feed is { Id.IsNone: false };
            return
            [
                new HealthReport("nats:listener", _listener is not null && !_state.IsDraining, _state.IsDraining ? "draining" : "accepting"),
                new HealthReport("nats:storage", isConnected, isConnected ? "connected" : "no connection to the storage-node"),
            ];
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var certificates = _options.Listener.Tls is { } tls ? new ServerCertificates(tls, TimeProvider.System) : null;
        var handler = new NatsConnectionHandler(_state, certificates, _loggers.CreateLogger<NatsConnectionHandler>());

        _feed = _storage.Logs.Subscribe(
            $"nats-gateway/{_options.ServerName}", new NatsLiveReceiver(_state.Accounts, _loggers.CreateLogger<NatsLiveReceiver>()));
        _state.Feed = _feed;
        _localInterest.Attach(_feed);
        _loops.Add(_state.Topics.WatchAsync(_stop.Token));
        _loops.Add(new ConnectionSweeper(_state).RunAsync(_stop.Token));

        _listener = new GatewayListener("nats", _options.Listener, _options.PendingBytesMax, handler.ServeAsync, _loggers);
        await _listener.StartAsync(cancellationToken).ConfigureAwait(false);
        _state.ListenPort = _listener.EndPoint.Port;
        _monitoring = new MonitoringListener(_state, _options, _loggers);
        await _monitoring.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lame duck: clients that understand it are told to go elsewhere, then all are closed, spread over the configured time.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (_listener is null)
            return;
        await new LameDuck(_state).RunAsync(cancellationToken).ConfigureAwait(false);
        await _listener.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_listener is not null)
            await _listener.DisposeAsync().ConfigureAwait(false);
        if (_monitoring is not null)
            await _monitoring.DisposeAsync().ConfigureAwait(false);
        if (_feed is not null)
            await _feed.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        await _storage.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}

using System.Net;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Listeners;
using RobustMQ.GatewayKit.Metrics;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Hosting.Processes;
using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Kafka.Gateway.Connections;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway;

/// <summary>The Kafka gateway as a part of a process: one broker of the cluster that all running Kafka gateways are.</summary>
/// <param name="users">Of every protocol.</param>
/// <param name="connect">Opens the storage client; called once, at the start.</param>
public sealed class KafkaGateway(KafkaOptions options, IdentityProvider users, Func<IStorageClient> connect, TimeProvider time, ILoggerFactory loggers) : IProcessPart
{
    /// <summary>Bytes that may wait for one client behind TLS before its answers are held up. Without TLS nothing waits: answers go to the socket as they are.</summary>
    private const long PendingBytesMax = 1 << 20;

    /// <summary>Taken from a socket at once: a batch of a busy producer has many times as much.</summary>
    private const int ReceiveBytes = 64 << 10;

    private readonly CancellationTokenSource _draining = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private IStorageClient? _storage;
    private KafkaGatewayState? _state;
    private ClusterMembership? _cluster;
    private GatewayMetrics? _metrics;
    private GatewayListener? _listener;
    private Task _membership = Task.CompletedTask;

    public string Name => "kafka";

    public IReadOnlyList<ListenerEndPoint> Listeners => [new("kafka", $"{(options.Listener.Tls is null ? "kafka" : "kafka+tls")}://{_listener!.EndPoint}")];

    public IReadOnlyList<HealthReport> Health
    {
        get
        {
            var isAccepting = _listener is not null && !_draining.IsCancellationRequested;
            var isBroker = _cluster?.IsMember == true;
            return
            [
                new HealthReport("kafka:listener", isAccepting, isAccepting ? "accepting" : "not accepting"),
                new HealthReport("kafka:storage", isBroker, isBroker ? "connected" : "no connection to the storage-node, or not yet a broker"),
            ];
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var certificates = options.Listener.Tls is { } tls ? new ServerCertificates(tls, time, loggers.CreateLogger<ServerCertificates>()) : null;
        _storage = connect();
        var topics = new TopicDirectory(_storage, loggers.CreateLogger<TopicDirectory>());
        _cluster = new ClusterMembership(_storage.Node, options, time, loggers.CreateLogger<ClusterMembership>());
        _state = new KafkaGatewayState(options, _storage, users, topics, _cluster, time, loggers);
        _metrics = new GatewayMetrics("kafka", _state.Count);
        _loops.Add(topics.WatchAsync(_stop.Token));
        _loops.Add(_state.Groups.RunAsync(_stop.Token));
        _loops.Add(_state.Transactions.RunAsync(_stop.Token));

        var handler = new KafkaConnectionHandler(_state, certificates, loggers.CreateLogger<KafkaConnectionHandler>(), _draining.Token);
        users.WarnIfOpen("kafka", options.Listener.Address);
        _listener = new GatewayListener("kafka", options.Listener, PendingBytesMax, handler.ServeAsync, loggers, ReceiveBytes);
        await _listener.StartAsync(cancellationToken).ConfigureAwait(false);
        var (host, port) = Advertised(_listener.EndPoint);
        _membership = _cluster.RunAsync(host, port, _draining.Token);
    }

    /// <summary>Gives up leases first, so that clients find the other gateways; then finishes what is being served. Long polls end at once.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (_listener is null || _cluster is null)
            return;
        await _draining.CancelAsync().ConfigureAwait(false);
        await _membership.ConfigureAwait(false);
        await _cluster.LeaveAsync(cancellationToken).ConfigureAwait(false);
        await _listener.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _draining.CancelAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_listener is not null)
            await _listener.DisposeAsync().ConfigureAwait(false);
        await _membership.ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        if (_storage is not null)
            await _storage.DisposeAsync().ConfigureAwait(false);
        _metrics?.Dispose();
        _draining.Dispose();
        _stop.Dispose();
    }

    private (string Host, int Port) Advertised(IPEndPoint bound)
    {
        var isAny = bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any);
        return (options.AdvertisedHost ?? (isAny ? Dns.GetHostName() : bound.Address.ToString()), options.AdvertisedPort == 0 ? bound.Port : options.AdvertisedPort);
    }
}

using RobustMQ.GatewayKit.Live;
using RobustMQ.GatewayKit.Metrics;
using RobustMQ.Nats.Gateway.Authentication;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Services;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Protocol;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway;

/// <summary>What all sessions of a gateway share.</summary>
internal sealed class NatsGatewayState
{
    private readonly IStorageClient _storage;
    private readonly InFlightWindow _window;
    private readonly NatsParserLimits _limits;

    public NatsGatewayState(NatsOptions options, IStorageClient storage, IAuthenticator authenticator, AccountRegistry accounts, TopicMap topics, TimeProvider time)
    {
        Options = options;
        Authenticator = authenticator;
        Accounts = accounts;
        Topics = topics;
        Time = time;
        _storage = storage;
        _window = new InFlightWindow(InFlightBytesMax);
        _limits = new NatsParserLimits(options.ControlLineBytesMax, options.PayloadBytesMax);
        Connections = new ConnectionRegistry();
        Info = new ServerInfo(this);
        StartedAt = time.GetUtcNow();
    }

    /// <summary>Published bytes on their way to the storage-node before publishers have to wait: some tens of milliseconds of a busy link.</summary>
    private const long InFlightBytesMax = 32 << 20;

    /// <summary>Requests that the gateway's own services work on, bytes: what many clients may have under way together.</summary>
    private const long RequestBytesMax = 64 << 20;

    public NatsOptions Options { get; }

    public IAuthenticator Authenticator { get; }

    public AccountRegistry Accounts { get; }

    public TopicMap Topics { get; }

    public ConnectionRegistry Connections { get; }

    public ServerInfo Info { get; }

    /// <summary>Once started.</summary>
    public int ListenPort { get; set; }

    /// <summary>Newcomers are turned away.</summary>
    public bool IsDraining { get; set; }

    public TimeProvider Time { get; }

    public DateTimeOffset StartedAt { get; }

    public LiveCounters LiveCounters { get; } = new();

    /// <summary>Set once the gateway follows live traffic.</summary>
    public ILiveFeed? Feed { get; set; }

    public SubscriberId FeedId => Feed?.Id ?? SubscriberId.None;

    /// <summary>Set before the first client comes.</summary>
    public ServiceTable Services { get; set; } = new();

    public InFlightWindow RequestWindow { get; } = new(RequestBytesMax);

    public DateTimeOffset Now => Time.GetUtcNow();

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public LivePublisher CreateLivePublisher() => new(_storage.Logs, _window, LiveCounters);

    public GatewayCounts Count(long liveRecordsMissed)
    {
        var traffic = Connections.Totals();
        return new GatewayCounts
        {
            Connections = Connections.Count,
            Subscriptions = Accounts.SubscriptionCount,
            ConnectionsAccepted = Connections.Total,
            LoginsRefused = Connections.LoginsRefused,
            SlowReceivers = Connections.SlowConsumers,
            MessagesIn = traffic.MessagesIn,
            BytesIn = traffic.BytesIn,
            MessagesOut = traffic.MessagesOut,
            BytesOut = traffic.BytesOut,
            RecordsStored = LiveCounters.StoredRecords,
            RecordsLost = LiveCounters.LostRecords,
            LiveRecordsMissed = liveRecordsMissed,
        };
    }

    /// <summary>Of one connection; the lower of the gateway's limit and its user's.</summary>
    public int SubscriptionsMaxFor(ClientIdentity identity)
    {
        var own = Options.SubscriptionsMax == 0 ? int.MaxValue : Options.SubscriptionsMax;
        return Math.Min(own, identity.SubscriptionsMax ?? int.MaxValue);
    }

    public NatsParserLimits LimitsFor(ClientIdentity identity) =>
        identity.PayloadBytesMax is { } bytes ? _limits with { PayloadBytesMax = Math.Min(bytes, _limits.PayloadBytesMax) } : _limits;
}

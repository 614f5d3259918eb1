using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Live;
using RobustMQ.GatewayKit.Metrics;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Monitoring;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Gateway.Retained;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway;

/// <summary>What all sessions of a gateway share.</summary>
internal sealed class MqttGatewayState(MqttOptions options, IStorageClient storage, TimeProvider time)
{
    /// <summary>Published bytes on their way to the storage-node before publishers have to wait: some tens of milliseconds of a busy link.</summary>
    private const long InFlightBytesMax = 32 << 20;

    private readonly InFlightWindow _window = new(InFlightBytesMax);

    public MqttOptions Options { get; } = options;

    public required IdentityProvider Users { get; init; }

    public required NamespaceRegistry Namespaces { get; init; }

    public required TopicMap Topics { get; init; }

    public required RetainedStore Retained { get; init; }

    public required ClientIds ClientIds { get; init; }

    public required StoredSessions Sessions { get; init; }

    public SharedConsumers Shares { get; init; } = new(storage.Consumers, options, time);

    public ExclusiveFilters Exclusive { get; init; } = new(storage.Node, time);

    public TopicRewrites Rewrites { get; } = new(options.Rewrites);

    public FlappingClients Flapping { get; } = new(options.FlappingConnectsMax, options.FlappingWindow, options.FlappingBan, time);

    /// <summary>Guarded by itself.</summary>
    public RateLimit ConnectRate { get; } = new(options.ConnectRateMax, time);

    public IConsumerClient Consumers { get; } = storage.Consumers;

    public required LiveCounters LiveCounters { get; init; }

    public required TopicMapping Mapping { get; init; }

    public ConnectionRegistry Connections { get; } = new();

    public OutboundLimits OutboundLimits { get; } = new(options.InFlightMax, options.QueuedMessagesMax, options.QueuedBytesMax, options.Patience, time);

    /// <summary>Newcomers are turned away.</summary>
    public bool IsDraining { get; set; }

    public TimeProvider Time { get; } = time;

    /// <summary>Set once the gateway follows live traffic.</summary>
    public ILiveFeed? Feed { get; set; }

    /// <summary>Null: nobody is told.</summary>
    public SysTopics? Sys { get; set; }

    public SubscriberId FeedId => Feed?.Id ?? SubscriberId.None;

    public DateTimeOffset Now => Time.GetUtcNow();

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public LivePublisher CreateLivePublisher() => new(storage.Logs, _window, LiveCounters);

    public StoredPublisher CreateStoredPublisher() => new(storage.Logs, Retained, _window, LiveCounters);

    public GatewayCounts Count(long liveRecordsMissed)
    {
        var traffic = Connections.Totals();
        return new GatewayCounts
        {
            Connections = Connections.Count,
            Subscriptions = Namespaces.SubscriptionCount,
            ConnectionsAccepted = Connections.Total,
            LoginsRefused = Connections.LoginsRefused,
            // Clients are not closed for being slow.
            SlowReceivers = 0,
            MessagesIn = traffic.MessagesIn,
            BytesIn = traffic.BytesIn,
            MessagesOut = traffic.MessagesOut,
            BytesOut = traffic.BytesOut,
            RecordsStored = LiveCounters.StoredRecords,
            RecordsLost = LiveCounters.LostRecords,
            LiveRecordsMissed = liveRecordsMissed,
            MessagesDropped = traffic.Dropped,
        };
    }
}

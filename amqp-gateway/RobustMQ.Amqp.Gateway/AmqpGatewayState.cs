using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Handlers;
using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Amqp.Gateway.Queues;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Live;
using RobustMQ.GatewayKit.Metrics;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway;

/// <summary>What all sessions of a gateway share.</summary>
internal sealed class AmqpGatewayState
{
    public AmqpGatewayState(AmqpOptions options, IStorageClient storage, IdentityProvider users, VhostRegistry vhosts, TopicMap topics, TimeProvider time)
    {
        Options = options;
        Storage = storage;
        Users = users;
        Vhosts = vhosts;
        Topics = topics;
        Time = time;
        Queues = new QueueStore(storage);
        Window = new InFlightWindow(options.InFlightBytesMax);
        Replies = new DirectReplies(Id, Connections);
        Methods = new MethodTable(this);
    }

    /// <summary>Of this run of this gateway.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("n");

    public AmqpOptions Options { get; }

    public IStorageClient Storage { get; }

    public IdentityProvider Users { get; }

    public VhostRegistry Vhosts { get; }

    /// <summary>Which topic owns a subject that <c>amq.topic</c> shares with other protocols.</summary>
    public TopicMap Topics { get; }

    public QueueStore Queues { get; }

    public DirectReplies Replies { get; }

    public MethodTable Methods { get; }

    public ConnectionRegistry Connections { get; } = new();

    public InFlightWindow Window { get; }

    public LiveCounters LiveCounters { get; } = new();

    public TimeProvider Time { get; }

    /// <summary>Set once the gateway follows live traffic.</summary>
    public ILiveFeed? Feed { get; set; }

    public SubscriberId FeedId => Feed?.Id ?? SubscriberId.None;

    /// <summary>Newcomers are turned away.</summary>
    public bool IsDraining { get; set; }

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Completes when what queues want of other protocols is known to them.</summary>
    public Task SyncInterestAsync() => Feed?.SyncAsync() ?? Task.CompletedTask;

    public GatewayCounts Count(long liveRecordsMissed)
    {
        var traffic = Connections.Totals();
        return new GatewayCounts
        {
            Connections = Connections.Count,
            Subscriptions = Connections.Open.Sum(static connection => connection.ConsumerCount),
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
        };
    }
}

using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Metrics;
using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Kafka.Gateway.Connections;
using RobustMQ.Kafka.Gateway.Groups;
using RobustMQ.Kafka.Gateway.Groups.Consumers;
using RobustMQ.Kafka.Gateway.Records;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Gateway.Transactions;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway;

/// <summary>What all connections of a gateway share. The list of handlers is the list of APIs that are served.</summary>
internal sealed class KafkaGatewayState
{
    public KafkaGatewayState(
        KafkaOptions options, IStorageClient storage, IdentityProvider users, TopicDirectory topics, ClusterMembership cluster, TimeProvider time, ILoggerFactory loggers)
    {
        Options = options;
        Users = users;
        Topics = topics;
        Cluster = cluster;
        Time = time;
        Memory = new RequestMemory(options.RequestMemoryBytes);
        Groups = new GroupCoordinator(cluster, storage.Consumers, topics, options, time, loggers.CreateLogger<GroupCoordinator>());

        Transactions = new TransactionCoordinator(cluster, storage, topics, options, time, loggers.CreateLogger<TransactionCoordinator>());
        var open = new OpenTransactions(storage);

        Quotas = new Quotas(options, time);
        var maker = new TopicMaker(storage.Topics, topics, options);
        var update = new TopicUpdate(storage.Topics, topics);
        Apis = new ApiTable(
        [
            new ProduceHandler(storage.Logs, topics, new TransactionalAppends(storage.Logs, open), Quotas),
            new FetchHandler(storage.Logs, topics, Quotas, options, time),
            new ListOffsetsHandler(storage.Logs, topics),
            new MetadataHandler(topics, maker, cluster, options),
            new OffsetCommitHandler(Groups, storage.Consumers, topics),
            new OffsetFetchHandler(Groups, storage.Consumers, topics),
            new FindCoordinatorHandler(cluster),
            new JoinGroupHandler(Groups),
            new HeartbeatHandler(Groups),
            new LeaveGroupHandler(Groups),
            new SyncGroupHandler(Groups),
            new DescribeGroupsHandler(Groups, storage.Consumers),
            new ListGroupsHandler(Groups, storage.Consumers, cluster),
            new SaslHandshakeHandler(new SaslMechanisms(users)),
            new ApiVersionsHandler(() => Apis!),
            new CreateTopicsHandler(topics, maker),
            new DeleteTopicsHandler(storage.Topics, topics),
            new DeleteRecordsHandler(storage.Logs, topics),
            new InitProducerIdHandler(storage.Node, Transactions),
            new OffsetForLeaderEpochHandler(storage.Logs, topics),
            new AddPartitionsToTxnHandler(Transactions, topics),
            new AddOffsetsToTxnHandler(Transactions),
            new EndTxnHandler(Transactions),
            new TxnOffsetCommitHandler(Groups, open, storage.Consumers, topics),
            new DescribeAclsHandler(users),
            new CreateAclsHandler(users),
            new DeleteAclsHandler(users),
            new DescribeConfigsHandler(topics, maker, cluster, options),
            new AlterConfigsHandler(update, maker),
            new DescribeLogDirsHandler(storage.Logs, topics),
            new SaslAuthenticateHandler(Connections),
            new CreatePartitionsHandler(update),
            new DeleteGroupsHandler(Groups, storage.Consumers, topics),
            new IncrementalAlterConfigsHandler(update, maker),
            new OffsetDeleteHandler(Groups, storage.Consumers, topics),
            new DescribeUserScramCredentialsHandler(users),
            new AlterUserScramCredentialsHandler(users),
            new ConsumerGroupHeartbeatHandler(Groups, topics, options),
            new ConsumerGroupDescribeHandler(Groups, topics),
            new DescribeClusterHandler(cluster, topics),
            new DescribeProducersHandler(storage.Logs, topics),
            new DescribeTransactionsHandler(Transactions, topics),
            new ListTransactionsHandler(Transactions, time),
        ]);
    }

    public KafkaOptions Options { get; }

    public IdentityProvider Users { get; }

    public TopicDirectory Topics { get; }

    public ClusterMembership Cluster { get; }

    public TimeProvider Time { get; }

    public RequestMemory Memory { get; }

    public GroupCoordinator Groups { get; }

    public TransactionCoordinator Transactions { get; }

    public Quotas Quotas { get; }

    public ConnectionRegistry Connections { get; } = new();

    public ApiTable Apis { get; }

    public GatewayCounts Count()
    {
        var traffic = Connections.Totals();
        return new GatewayCounts
        {
            Connections = Connections.Count,
            Subscriptions = Groups.MemberCount,
            ConnectionsAccepted = Connections.Total,
            LoginsRefused = Connections.LoginsRefused,
            SlowReceivers = 0,
            MessagesIn = traffic.RecordsIn,
            BytesIn = traffic.BytesIn,
            MessagesOut = traffic.RecordsOut,
            BytesOut = traffic.BytesOut,
            RecordsStored = traffic.RecordsStored,
            RecordsLost = 0,
            LiveRecordsMissed = 0,
        };
    }
}

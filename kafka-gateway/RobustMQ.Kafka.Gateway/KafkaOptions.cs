using RobustMQ.Hosting.Configuration;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway;

/// <summary>Every setting of the Kafka gateway. The defaults are Apache Kafka's where it has them.</summary>
public sealed record KafkaOptions
{
    public required ListenerOptions Listener { get; init; }

    /// <summary>Null: the listener's own.</summary>
    public required string? AdvertisedHost { get; init; }

    /// <summary>0: the listener's own.</summary>
    public required int AdvertisedPort { get; init; }

    public required int ConnectionsMax { get; init; }

    public required int RequestBytesMax { get; init; }

    /// <summary>Of all requests that are being received or served.</summary>
    public required long RequestMemoryBytes { get; init; }

    public required int FetchBytesMax { get; init; }

    /// <summary>Of the records of all answers that are being written.</summary>
    public required long FetchMemoryBytes { get; init; }

    /// <summary>Of all connections.</summary>
    public required int FetchSessionPartitionsMax { get; init; }

    public required TimeSpan IdleTimeout { get; init; }

    public required bool AutoCreateTopics { get; init; }

    public required int DefaultPartitions { get; init; }

    public required EngineKind DefaultEngine { get; init; }

    public required TimeSpan DefaultRetention { get; init; }

    public required TimeSpan LeaseTtl { get; init; }

    public required TimeSpan GroupSessionTimeoutMin { get; init; }

    public required TimeSpan GroupSessionTimeoutMax { get; init; }

    public required TimeSpan GroupInitialDelay { get; init; }

    public required int GroupMembersMax { get; init; }

    /// <summary>That have members, or were asked for a moment ago.</summary>
    public required int GroupsMax { get; init; }

    /// <summary>Of what the members of all groups say of themselves.</summary>
    public required long GroupMemoryBytes { get; init; }

    public required TimeSpan ConsumerSessionTimeout { get; init; }

    public required TimeSpan ConsumerHeartbeat { get; init; }

    public required TimeSpan TransactionTimeoutMax { get; init; }

    public required TimeSpan TransactionalIdExpiration { get; init; }

    /// <summary>Of one namespace.</summary>
    public required int TransactionalIdsMax { get; init; }

    /// <summary>Logs and groups of one transaction.</summary>
    public required int TransactionMembersMax { get; init; }

    /// <summary>Bytes a second that one client id of one user may produce; 0: no quota.</summary>
    public required long ProduceBytesPerSecond { get; init; }

    public required long FetchBytesPerSecond { get; init; }

    public required int RequestsPerSecond { get; init; }

    public static KafkaOptions Read(SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new()
        {
            Listener = ListenerOptions.Read(settings, "kafka", 9092),
            AdvertisedHost = settings.OptionalText("kafka:advertised_host", "host that clients are told to connect to; default: the listener's address, or this machine's name"),
            AdvertisedPort = settings.Port("kafka:advertised_port", 0, "port that clients are told to connect to; 0: the listener's"),
            ConnectionsMax = settings.Number("kafka:max_connections", 65536, 1, 1_000_000, "open client connections"),
            RequestBytesMax = (int)settings.Bytes("kafka:max_request", 100 << 20, 1 << 10, 1 << 30, "one request; 64 KiB before a client has logged in"),
            RequestMemoryBytes = settings.Bytes(
                "kafka:request_memory", 256 << 20, 1 << 20, 1L << 40, "all requests that are being received or served; further ones wait unread"),
            FetchBytesMax = (int)settings.Bytes("kafka:max_fetch", 32 << 20, 1 << 10, 512 << 20, "records in one fetch response, whatever the client asks for"),
            FetchMemoryBytes = settings.Bytes(
                "kafka:fetch_memory", 1 << 30, 1 << 20, 1L << 40, "records of all fetch responses that clients have yet to take; beyond it a fetch is given one batch"),
            FetchSessionPartitionsMax = settings.Number(
                "kafka:max_session_partitions", 1_000_000, 0, 100_000_000, "partitions that all fetch sessions remember, some 300 bytes each; a client that finds no room names its own in every fetch"),
            IdleTimeout = settings.Duration(
                "kafka:idle_timeout", TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), "a connection without a request for this long is closed, and one that takes nothing of an answer"),
            AutoCreateTopics = settings.Flag("kafka:auto_create", true, "a topic that a client names comes into being, where the client does not forbid it"),
            DefaultPartitions = settings.Number("kafka:partitions", 1, 1, 10_000, "partitions of a topic whose creator does not say"),
            DefaultEngine = settings.Choice("kafka:engine", EngineKind.Segment, "engine of a topic whose creator does not say (unspecified: the storage-node's default)"),
            DefaultRetention = settings.Duration(
                "kafka:retention", TimeSpan.FromDays(7), TimeSpan.Zero, TimeSpan.FromDays(36500), "age of records in a topic whose creator does not say; 0s is no limit"),
            LeaseTtl = settings.Duration(
                "kafka:lease", TimeSpan.FromSeconds(6), TimeSpan.FromMilliseconds(200), TimeSpan.FromMinutes(5), "silence after which the other gateways take a gateway for dead"),
            GroupSessionTimeoutMin = settings.Duration(
                "kafka:group:min_session_timeout", TimeSpan.FromSeconds(6), TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1), "shortest session timeout a member may ask for"),
            GroupSessionTimeoutMax = settings.Duration(
                "kafka:group:max_session_timeout", TimeSpan.FromMinutes(30), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), "longest session timeout a member may ask for"),
            GroupInitialDelay = settings.Duration(
                "kafka:group:initial_delay", TimeSpan.FromSeconds(3), TimeSpan.Zero, TimeSpan.FromMinutes(5), "an empty group waits this long for more members before it begins"),
            ConsumerSessionTimeout = settings.Duration(
                "kafka:group:consumer_session_timeout", TimeSpan.FromSeconds(45), TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1),
                "silence after which a member of a consumer group (KIP-848) is taken for dead"),
            ConsumerHeartbeat = settings.Duration(
                "kafka:group:consumer_heartbeat", TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10), "how often such a member is told to give a sign of life"),
            GroupMembersMax = settings.Number("kafka:group:max_members", 10_000, 1, 1_000_000, "members of one group"),
            GroupsMax = settings.Number("kafka:group:max_groups", 100_000, 1, 10_000_000, "groups of one gateway that have members or were asked for a moment ago"),
            GroupMemoryBytes = settings.Bytes(
                "kafka:group:memory", 256 << 20, 1 << 16, 1L << 40, "subscriptions, shares and names of the members of all groups of one gateway; who would exceed it is no member"),
            TransactionTimeoutMax = settings.Duration(
                "kafka:transaction:max_timeout", TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), "longest time that a producer may keep a transaction open"),
            TransactionalIdExpiration = settings.Duration(
                "kafka:transaction:id_expiration", TimeSpan.FromDays(7), TimeSpan.FromMinutes(1), TimeSpan.FromDays(36500), "a transactional id that nobody has used for this long is forgotten"),
            TransactionalIdsMax = settings.Number(
                "kafka:transaction:max_ids", 100_000, 1, 10_000_000, "transactional ids of a namespace that one gateway coordinates; each is a record that lives until it expires"),
            TransactionMembersMax = settings.Number("kafka:transaction:max_members", 10_000, 1, 100_000, "partitions and groups of one transaction"),
            ProduceBytesPerSecond = settings.Bytes("kafka:quota:produce", 0, 0, 1L << 40, "bytes a second that one user and client id may produce; 0 is no quota"),
            FetchBytesPerSecond = settings.Bytes("kafka:quota:fetch", 0, 0, 1L << 40, "bytes a second that one user and client id may fetch; 0 is no quota"),
            RequestsPerSecond = settings.Number("kafka:quota:requests", 0, 0, 10_000_000, "requests a second of one user and client id; 0 is no quota"),
        };
    }
}

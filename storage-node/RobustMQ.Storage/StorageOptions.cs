using RobustMQ.Records.Topics;

namespace RobustMQ.Storage;

/// <summary>Settings of a storage-node's library. Every limit has its unit in its name or comment, and a reason for its default.</summary>
public sealed record StorageOptions
{
    /// <summary>Where the node keeps what must survive a restart. Null: nothing survives (<c>data: none</c>).</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Where the segment engine keeps logs: one directory a disk, each on a file system of its own. Empty: within <see cref="DataDirectory"/>.</summary>
    public IReadOnlyList<string> LogDirectories { get; init; } = [];

    /// <summary>A segment that would grow past this is rolled, bytes. Recovery after a crash reads one segment of each log: 128 MiB take a tenth of a second.</summary>
    public int SegmentBytes { get; init; } = 128 << 20;

    /// <summary>Files that the segment engine keeps open at once per directory: what a process may open is commonly many times this.</summary>
    public int OpenFilesMax { get; init; } = 2048;

    /// <summary>Engine of topics that name none.</summary>
    public EngineKind DefaultEngine { get; init; } = EngineKind.Memory;

    /// <summary>Of every namespace's <c>_live</c>: a short replay window. 64 MiB and 5 minutes hold what a late Kafka consumer or a new topic wants to see.</summary>
    public Retention LiveRetention { get; init; } = new() { MaxBytes = 64 << 20, MaxAgeMs = 5 * 60 * 1000 };

    /// <summary>Of every namespace's <c>_durable</c>: 1 GiB and 7 days hold what a durable reader that comes late may want; what must stay longer has a topic of its own.</summary>
    public Retention DurableRetention { get; init; } = new() { MaxBytes = 1 << 30, MaxAgeMs = 7L * 24 * 60 * 60 * 1000 };

    /// <summary>Memory-engine topics that name no limit in bytes get this one, per partition: memory must be bounded by something.</summary>
    public long MemoryTopicBytes { get; init; } = 256 << 20;

    /// <summary>Largest batch, bytes, of topics that name none. Eight times Kafka's default, since NATS allows payloads of 8 MiB at most by common advice.</summary>
    public int BatchBytesMax { get; init; } = 8 << 20;

    /// <summary>Partitions of one topic: each is a log with its own buffers.</summary>
    public int PartitionsMax { get; init; } = 1024;

    /// <summary>Topics of the node at one time. One at rest takes about 2 KiB of memory, so a million of mailboxes fit where millions come and go.</summary>
    public int TopicsMax { get; init; } = 1_000_000;

    /// <summary>Logs of the rocksdb engine that are kept open; past that those that were not used for a second are closed, and opened again when they are asked for.</summary>
    public int OpenLogsMax { get; init; } = 8192;

    /// <summary>Calls of retention after which a log of the rocksdb engine that nobody used is closed: half a minute.</summary>
    public int IdleLogTicks { get; init; } = 30;

    /// <summary>Namespaces that may come into being by first use, so that nobody fills the node with <c>_live</c> topics.</summary>
    public int NamespacesMax { get; init; } = 10_000;

    /// <summary>Filters of one topic.</summary>
    public int FiltersMax { get; init; } = 1024;

    /// <summary>Labels of one topic; keys and values together take 64 KiB at most.</summary>
    public int LabelsMax { get; init; } = 256;

    /// <summary>Largest answer of one read, bytes: what a caller asks for beyond it is cut.</summary>
    public int ReadBytesMax { get; init; } = 64 << 20;

    /// <summary>Longest wait of one read.</summary>
    public TimeSpan ReadWaitMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Changes of topics and of leases that are kept for watches; a watch that falls further behind starts over.</summary>
    public int WatchHistory { get; init; } = 4096;

    /// <summary>Leases of the node.</summary>
    public int LeasesMax { get; init; } = 1_000_000;

    /// <summary>Largest value of a lease, bytes.</summary>
    public int LeaseValueBytesMax { get; init; } = 64 << 10;

    /// <summary>Longest time to live of a lease.</summary>
    public TimeSpan LeaseTtlMax { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Idempotent producers remembered by one log; the one that was silent longest goes first.</summary>
    public int ProducersPerLogMax { get; init; } = 16_384;

    /// <summary>Batches of one producer whose offsets a log remembers, so that a repeat is answered with the first offset. At least a client's window of unanswered appends.</summary>
    public int ProducerBatchesMax { get; init; } = 256;

    /// <summary>A producer that was silent this long is forgotten.</summary>
    public TimeSpan ProducerExpiry { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Message ids remembered by one log, whatever the topic's window says; the oldest go first.</summary>
    public int MessageIdsPerLogMax { get; init; } = 1_000_000;

    /// <summary>How often retention is applied.</summary>
    public TimeSpan RetentionInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// After a topic was created, records that publishers who do not know it yet still append to <c>_live</c> are copied to it for this long.
    /// </summary>
    public TimeSpan TakeoverWindow { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of records that wait for their time, all topics together; past that such appends are refused. They lie on disk: 4 GiB are a tenth of a small one.</summary>
    public long DelayedBytesMax { get; init; } = 4L << 30;

    /// <summary>Filters of one live subscription.</summary>
    public int InterestPerSubscriberMax { get; init; } = 1_000_000;

    /// <summary>Bytes that wait for one live subscriber while it is busy; past that its records are left out and counted.</summary>
    public int SubscriberQueueBytesMax { get; init; } = 16 << 20;

    /// <summary>Subjects whose matches are remembered, per namespace.</summary>
    public int MatchCacheSubjects { get; init; } = 16_384;

    /// <summary>Consumers of the node. One at rest takes some 2 KiB.</summary>
    public int ConsumersMax { get; init; } = 1_000_000;

    /// <summary>Bindings of one consumer: an MQTT session or an AMQP queue rarely has more than some hundreds.</summary>
    public int ConsumerBindingsMax { get; init; } = 10_000;

    /// <summary>Members of one consumer, and fetches that wait at it: each costs a look at every handout.</summary>
    public int ConsumerMembersMax { get; init; } = 4096;

    /// <summary>Records of one consumer that are neither acknowledged nor new, whatever its own limit says: some 80 bytes of memory each.</summary>
    public int ConsumerPendingMax { get; init; } = 4_000_000;

    /// <summary>Records that are known to wait for a consumer; those behind them are read when these are handed out. 32 bytes of memory each.</summary>
    public int ConsumerReadyMax { get; init; } = 4096;

    /// <summary>The same for consumers in priority order, which must know all that waits to find the most urgent: the others are handed out when room is there.</summary>
    public int ConsumerPriorityReadyMax { get; init; } = 1_000_000;

    /// <summary>Subjects of one log whose matching consumers are remembered.</summary>
    public int ConsumerCachedSubjectsMax { get; init; } = 16_384;

    /// <summary>Groups with plain offsets.</summary>
    public int OffsetGroupsMax { get; init; } = 1_000_000;

    /// <summary>Offsets of one group: logs that it reads.</summary>
    public int OffsetsPerGroupMax { get; init; } = 100_000;
}

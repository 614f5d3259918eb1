using System.Collections.ObjectModel;

namespace RobustMQ.Records.Consumers;

/// <summary>
/// What somebody wants a consumer to be: a durable, named reader that the storage-node keeps. JetStream consumers, AMQP queues, MQTT sessions, mq9 groups and share groups are all this one
/// thing. Everything left out is a plain consumer: shared members, explicit acknowledgement, no time limit, from the first record.
/// </summary>
public sealed record ConsumerSpec
{
    public required ConsumerRef Consumer { get; init; }

    public IReadOnlyList<ConsumerBinding> Bindings { get; init; } = [];

    public AckPolicy AckPolicy { get; init; }

    /// <summary>
    /// How long a delivered record may stay unacknowledged; then it is delivered again. Zero: no limit of time. What a member got stays pending until it answers or is lost;
    /// what a <c>Fetch</c> without member got comes again at the next such <c>Fetch</c>.
    /// </summary>
    public TimeSpan AckWait { get; init; }

    /// <summary>Pause before the 2nd, 3rd, ... delivery of a record that was not acknowledged in time or was refused without a delay of its own; the last one holds for all further ones. Empty: none.</summary>
    public IReadOnlyList<TimeSpan> BackOff { get; init; } = [];

    /// <summary>Deliveries of one record, after which it is given up. 0: no limit.</summary>
    public int MaxDeliver { get; init; }

    /// <summary>Null: records that are given up are dropped.</summary>
    public DeadLetterPolicy? DeadLetter { get; init; }

    /// <summary>Delivered and unacknowledged records of all members together; no more are delivered beyond it. 0: as many as the node allows.</summary>
    public int MaxPending { get; init; }

    /// <summary>Where bindings begin that do not say.</summary>
    public ConsumerStart Start { get; init; }

    /// <summary>
    /// Higher <c>rmq-priority</c> first, by offset within each, over everything that waits. Without it: by offset (of one log), what is delivered again before what is new.
    /// </summary>
    public bool PriorityOrder { get; init; }

    public MemberPolicy Members { get; init; }

    /// <summary>
    /// A delivery is stored before it is sent: its number and count hold for certain after the storage-node crashed (MQTT QoS 2 needs that). Without it a record that was delivered just before
    /// a crash may come again under another number, as if for the first time; acknowledgements and notes are always stored before <c>SyncAsync</c> completes.
    /// </summary>
    public bool StoreDeliveries { get; init; }

    /// <summary>
    /// What has happened to an answer when it is stored: <see cref="Durability.Durable"/>, or <see cref="Durability.Written"/>, which is faster and which a loss of power may take back: records
    /// that were acknowledged shortly before are then delivered again, and nothing else. A crash of the process takes back neither.
    /// </summary>
    public Durability AckDurability { get; init; } = Durability.Durable;

    /// <summary>Null: none.</summary>
    public BacklogLimit? Backlog { get; init; }

    /// <summary>Records that wait longer than this (from their timestamp) are given up as expired. Zero: only their own <c>rmq-expires-at</c> counts.</summary>
    public TimeSpan RecordTtl { get; init; }

    /// <summary>Deleted when no member was joined and nothing was fetched, acknowledged or changed for this long. Zero: never.</summary>
    public TimeSpan InactiveExpiry { get; init; }

    /// <summary>Unix milliseconds until which nothing is delivered; <see cref="long.MaxValue"/>: until an update says otherwise. 0: not paused.</summary>
    public long PausedUntilMs { get; init; }

    /// <summary>Deleted together with the last topic that one of its bindings names. Without it the consumer stays, without these bindings.</summary>
    public bool DeleteWithTopics { get; init; }

    /// <summary>Free text by key, kept for gateways. Keys and values together take 64 KiB at most.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}

namespace RobustMQ.Records.Consumers;

/// <summary>
/// What a consumer wants of a topic. A record that several bindings match is delivered once, with the ids of all of them.
/// Bindings come and go while the consumer lives: one that is added begins at its <see cref="Start"/>, one that is removed ends with the records that were appended before its removal
/// was stored; what it matched until then is still delivered.
/// </summary>
public sealed record ConsumerBinding
{
    /// <summary>Chosen by the owner, unique among the consumer's bindings; deliveries carry it. An MQTT session numbers its subscriptions, a queue its bindings.</summary>
    public required int Id { get; init; }

    /// <summary>
    /// Null: every stored topic of the namespace in which a subject can match, those that are created later included, from their first record (which this consumer may have got
    /// from <c>_durable</c> before the new topic took it over). Memory topics, and internal ones other than <c>_durable</c>, are left out.
    /// </summary>
    public TopicName? Topic { get; init; }

    /// <summary>A record matches when one of them matches its subject. Empty: every record of the topic; not allowed without one.</summary>
    public IReadOnlyList<SubjectFilter> Filters { get; init; } = [];

    /// <summary>Null: the consumer's <see cref="ConsumerSpec.Start"/>. For a binding that is added later mostly <see cref="ConsumerStart.New"/>.</summary>
    public ConsumerStart? Start { get; init; }
}

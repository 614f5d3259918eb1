namespace RobustMQ.Records.Consumers;

/// <summary>
/// Where records go that a consumer gives up: rejected (<see cref="AckKind.Terminate"/>), delivered too often, expired, or dropped for its backlog's limit. A copy is appended before the
/// record counts as done, so that none is lost; after a crash in between there may be two. The copy keeps key, value, timestamp and headers, loses <c>rmq-expires-at</c> and
/// <c>rmq-delay-until</c>, and gains the headers of <see cref="RecordHeaderNames"/> that begin with <c>rmq-dead-</c> behind those it has, so that a record that died twice tells of both.
/// </summary>
public sealed record DeadLetterPolicy
{
    /// <summary>Null: the topic that owns the copy's subject (<c>_durable</c> for what nobody owns).</summary>
    public TopicName? Topic { get; init; }

    /// <summary>Null: the record's own.</summary>
    public Subject? Subject { get; init; }
}

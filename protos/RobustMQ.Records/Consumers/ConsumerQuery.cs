namespace RobustMQ.Records.Consumers;

/// <summary>Which consumers to list. In the order of their names, bytewise.</summary>
public sealed record ConsumerQuery
{
    /// <summary>Null: every namespace.</summary>
    public Namespace? Namespace { get; init; }

    /// <summary>Names that begin with this.</summary>
    public string NamePrefix { get; init; } = string.Empty;

    /// <summary>Only those with a binding that reads this topic.</summary>
    public TopicName? Topic { get; init; }

    /// <summary>Only those behind this one: the last of the page before.</summary>
    public ConsumerRef? After { get; init; }

    /// <summary>Page length, 10,000 at most.</summary>
    public int Limit { get; init; } = 1000;
}

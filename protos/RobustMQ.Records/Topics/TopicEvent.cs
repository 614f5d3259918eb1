namespace RobustMQ.Records.Topics;

/// <summary>One message of a watch.</summary>
/// <param name="Topic">Absent for <see cref="TopicEventKind.CaughtUp"/> and <see cref="TopicEventKind.Reset"/>.</param>
public readonly record struct TopicEvent(TopicEventKind Kind, Topic? Topic, long Revision);

public enum TopicEventKind
{
    Put = 0,
    Deleted = 1,

    /// <summary>Everything that was there when the watch began has been told.</summary>
    CaughtUp = 2,

    /// <summary>Forget what this watch has told: it starts over.</summary>
    Reset = 3,
}

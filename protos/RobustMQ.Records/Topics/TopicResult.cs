namespace RobustMQ.Records.Topics;

/// <summary>Outcome of a call about one topic; the topic is there when there is no error.</summary>
public readonly record struct TopicResult(ErrorCode Error, Topic? Topic, string? Message = null)
{
    public bool Succeeded => Error == ErrorCode.None;
}

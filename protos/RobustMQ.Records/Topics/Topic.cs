namespace RobustMQ.Records.Topics;

/// <summary>A stored stream as it is.</summary>
/// <param name="Spec">Every default filled in.</param>
/// <param name="Id">A topic deleted and created again has another.</param>
/// <param name="Revision">Of its last change; revisions are shared by all topics of a node and only grow.</param>
/// <param name="CreatedMs">Unix milliseconds.</param>
public sealed record Topic(TopicSpec Spec, Guid Id, long Revision, long CreatedMs)
{
    public Namespace Namespace => Spec.Namespace;

    public TopicName Name => Spec.Name;

    /// <summary>The topic's time is over at a Unix ms: it is gone for every call, whether it is removed yet or not.</summary>
    public bool IsExpiredAt(long nowMs) => Spec.ExpiresAtMs != 0 && Spec.ExpiresAtMs <= nowMs;
}

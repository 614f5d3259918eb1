using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>One entry <c>filter queue</c> of a subscribe list; the queue may hold wildcards: <c>orders.&gt; *.dev</c>.</summary>
internal readonly record struct QueueRule(byte[] Filter, byte[] Queue)
{
    public bool MatchesQueue(ReadOnlySpan<byte> queue) =>
        queue.SequenceEqual(Queue) || (SubjectRules.IsFilter(queue) && SubjectRules.Matches(Queue, queue));
}

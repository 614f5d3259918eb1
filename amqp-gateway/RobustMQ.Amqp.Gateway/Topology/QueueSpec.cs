namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>A queue as it was declared.</summary>
/// <param name="Owner">The connection that the queue is exclusive to: <c>gateway/connection</c>. Null: nobody's.</param>
/// <param name="Policy">What the arguments mean.</param>
internal sealed record QueueSpec(string Name, bool Durable, bool AutoDelete, string? Owner, ArgumentTable Arguments, QueuePolicy Policy)
{
    public bool Exclusive => Owner is not null;
}

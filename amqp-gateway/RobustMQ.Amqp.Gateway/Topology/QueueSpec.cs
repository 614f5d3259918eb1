namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>A queue as it was declared.</summary>
/// <param name="Owner">The connection that the queue is exclusive to: <c>gateway/connection</c>. Null: nobody's.</param>
/// <param name="Policy">What the arguments mean.</param>
internal sealed record QueueSpec(string Name, bool Durable, bool AutoDelete, string? Owner, ArgumentTable Arguments, QueuePolicy Policy)
{
    public bool Exclusive => Owner is not null;

    /// <summary>
    /// Each of its messages is a record of its own log: what lies in a log that queues share can neither be refused for one of them and taken for another, nor be kept for a stream when the queues are
    /// done with it.
    /// </summary>
    public bool WantsOwnCopies => Policy.IsStream || (Policy.Overflow != QueueOverflow.DropHead && (Policy.MaxLength ?? Policy.MaxLengthBytes) is not null);
}

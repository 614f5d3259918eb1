namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>An exchange as it was declared.</summary>
internal sealed record ExchangeSpec(string Name, ExchangeKind Kind, bool Durable, bool AutoDelete, bool Internal, ArgumentTable Arguments)
{
    /// <summary>Where messages go that no binding wants. Null: nowhere.</summary>
    public string? Alternate { get; } = Arguments.Text("alternate-exchange");
}

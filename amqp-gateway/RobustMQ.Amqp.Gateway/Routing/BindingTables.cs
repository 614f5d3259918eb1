using RobustMQ.Amqp.Gateway.Topology;

namespace RobustMQ.Amqp.Gateway.Routing;

/// <summary>The bindings of one exchange, laid out for its kind's question.</summary>
internal interface IBindingTable
{
    void Add(Binding binding);

    void Remove(Binding binding);

    /// <summary>Adds the bindings that a message takes; one may be added more than once.</summary>
    void Match(in RoutedMessage message, List<Binding> matches);
}

/// <summary>Makes the table that fits an exchange.</summary>
internal static class BindingTables
{
    public static IBindingTable Create(ExchangeSpec spec) => spec.Kind switch
    {
        ExchangeKind.Direct => new DirectTable(),
        ExchangeKind.Fanout => new FanoutTable(),
        ExchangeKind.Topic => new TopicTable(),
        ExchangeKind.Headers => new HeadersTable(),
        _ => new HashTable(spec.Arguments),
    };
}

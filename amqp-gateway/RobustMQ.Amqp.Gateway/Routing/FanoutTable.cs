using RobustMQ.Amqp.Gateway.Topology;

namespace RobustMQ.Amqp.Gateway.Routing;

/// <summary>Everything.</summary>
internal sealed class FanoutTable : IBindingTable
{
    private readonly HashSet<Binding> _bindings = [];

    public void Add(Binding binding) => _bindings.Add(binding);

    public void Remove(Binding binding) => _bindings.Remove(binding);

    public void Match(in RoutedMessage message, List<Binding> matches) => matches.AddRange(_bindings);
}

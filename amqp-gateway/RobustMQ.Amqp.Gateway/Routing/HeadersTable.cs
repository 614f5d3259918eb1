using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol.Contents;

namespace RobustMQ.Amqp.Gateway.Routing;

/// <summary>Every binding's condition in turn: there is no index over headers.</summary>
internal sealed class HeadersTable : IBindingTable
{
    private readonly HashSet<Binding> _bindings = [];

    public void Add(Binding binding) => _bindings.Add(binding);

    public void Remove(Binding binding) => _bindings.Remove(binding);

    public void Match(in RoutedMessage message, List<Binding> matches)
    {
        BasicProperties.TryRead(message.Properties, out var properties);
        foreach (var binding in _bindings)
        {
            if (binding.HeaderMatch.Matches(properties.Headers))
                matches.Add(binding);
        }
    }
}

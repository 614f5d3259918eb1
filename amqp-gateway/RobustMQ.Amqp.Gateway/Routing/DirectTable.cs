using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Amqp.Gateway.Routing;

/// <summary>One look-up by the routing key.</summary>
internal sealed class DirectTable : IBindingTable
{
    private readonly Dictionary<byte[], List<Binding>> _byKey = new(Utf8Comparer.Instance);

    public void Add(Binding binding)
    {
        if (!_byKey.TryGetValue(binding.Spec.RoutingKey, out var bindings))
            _byKey.Add(binding.Spec.RoutingKey, bindings = []);
        bindings.Add(binding);
    }

    public void Remove(Binding binding)
    {
        if (_byKey.TryGetValue(binding.Spec.RoutingKey, out var bindings) && bindings.Remove(binding) && bindings.Count == 0)
            _byKey.Remove(binding.Spec.RoutingKey);
    }

    public void Match(in RoutedMessage message, List<Binding> matches)
    {
        if (_byKey.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(message.RoutingKey, out var bindings))
            matches.AddRange(bindings);
    }
}

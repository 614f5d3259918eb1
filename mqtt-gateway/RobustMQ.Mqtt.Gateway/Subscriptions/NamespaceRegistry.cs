using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>The namespaces that this gateway has seen. Thread-safe.</summary>
internal sealed class NamespaceRegistry(LocalInterest localInterest, SharedConsumers? shares = null, ExclusiveFilters? exclusive = null)
{
    private readonly ConcurrentDictionary<Namespace, MqttNamespace> _namespaces = new();

    public IEnumerable<MqttNamespace> All => _namespaces.Values;

    public int SubscriptionCount => _namespaces.Values.Sum(static ns => ns.SubscriptionCount);

    public MqttNamespace Of(Namespace ns) => _namespaces.GetOrAdd(ns, static (key, registry) => registry.Create(key), this);

    public bool TryGet(Namespace ns, [NotNullWhen(true)] out MqttNamespace? found) => _namespaces.TryGetValue(ns, out found);

    private MqttNamespace Create(Namespace ns) => new(ns, localInterest, shares, exclusive);
}

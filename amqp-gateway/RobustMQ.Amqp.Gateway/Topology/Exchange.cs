using System.Text;
using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Gateway.Routing;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>An exchange that stands, with its bindings. Its owner locks.</summary>
internal sealed class Exchange(ExchangeSpec spec, Namespace ns) : IBindingTarget
{
    /// <summary>Meets the subjects of other protocols.</summary>
    public const string TopicName = "amq.topic";

    private readonly IBindingTable _bindings = BindingTables.Create(spec);
    private readonly HashSet<Binding> _outgoing = [];
    private int _toExchanges;
    private int _toOwnCopies;

    public ExchangeSpec Spec { get; } = spec;

    public string Name => Spec.Name;

    public HashSet<Binding> Incoming { get; } = [];

    public IReadOnlyCollection<Binding> Outgoing => _outgoing;

    public Namespace Namespace { get; } = ns;

    public bool IsShared => Spec.Name == TopicName;

    /// <summary>
    /// A message is stored once for all queues, which find it by its subject: what the exchange compares is the routing key, and every binding leads to a queue. Otherwise each queue that the message
    /// is routed to gets a record of its own.
    /// </summary>
    public bool StoresOnce => IsStoredByKey(Spec.Kind) && _toExchanges == 0 && _toOwnCopies == 0;

    public static bool IsStoredByKey(ExchangeKind kind) => kind is ExchangeKind.Direct or ExchangeKind.Fanout or ExchangeKind.Topic;

    public void Add(Binding binding)
    {
        if (_outgoing.Add(binding))
            Count(binding, 1);
        _bindings.Add(binding);
    }

    public void Remove(Binding binding)
    {
        if (_outgoing.Remove(binding))
            Count(binding, -1);
        _bindings.Remove(binding);
    }

    public void Match(in RoutedMessage message, List<Binding> matches) => _bindings.Match(message, matches);

    /// <summary>Where a message with this key is stored for the durable queues, or for the other ones.</summary>
    public PublishTarget Target(ReadOnlySpan<byte> key, bool durable) =>
        PublishTarget.ToExchange(Namespace, Name, key, durable);

    private void Count(Binding binding, int by)
    {
        if (binding.Target is Exchange)
            _toExchanges += by;
        else if (binding.Target is Queue { Spec.WantsOwnCopies: true })
            _toOwnCopies += by;
    }
}

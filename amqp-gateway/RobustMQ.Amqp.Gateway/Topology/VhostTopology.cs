using System.Diagnostics.CodeAnalysis;
using System.Text;
using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Gateway.Routing;
using RobustMQ.Records;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>
/// The exchanges, queues and bindings of one vhost, as the definitions' topic has told them so far, and the question where a message goes. No I/O; any thread.
/// </summary>
internal sealed class VhostTopology
{
    private readonly Lock _lock = new();
    private readonly Namespace _namespace;
    private readonly Dictionary<byte[], Exchange> _exchanges = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], Queue> _queues = new(Utf8Comparer.Instance);
    private readonly Dictionary<string, Binding> _bindings = [];
    private readonly Router _router;
    private long _generation;

    public VhostTopology(Namespace ns)
    {
        _namespace = ns;
        _router = new Router(this);
        AddPredeclared();
    }

    /// <summary>Changes whenever a route may have changed.</summary>
    public long Generation => Volatile.Read(ref _generation);

    public Namespace Namespace => _namespace;

    public static bool IsPredeclared(string exchange) => exchange.Length == 0 || Predeclared.Any(spec => spec.Name == exchange);

    private static IEnumerable<ExchangeSpec> Predeclared { get; } =
    [
        Fixed("amq.direct", ExchangeKind.Direct), Fixed("amq.fanout", ExchangeKind.Fanout), Fixed(Exchange.TopicName, ExchangeKind.Topic),
        Fixed("amq.headers", ExchangeKind.Headers), Fixed("amq.match", ExchangeKind.Headers), Fixed("amq.rabbitmq.trace", ExchangeKind.Topic, isInternal: true),
    ];

    public void Apply(TopologyChange change)
    {
        lock (_lock)
        {
            switch (change)
            {
                case ExchangePut put:
                    Put(put.Spec);
                    break;
                case QueuePut put:
                    Put(put.Spec);
                    break;
                case BindingPut put:
                    Put(put);
                    break;
                case Removed removed:
                    Remove(removed.Key);
                    break;
            }
            Interlocked.Increment(ref _generation);
        }
    }

    public bool TryGetExchange(ReadOnlySpan<byte> name, [NotNullWhen(true)] out Exchange? exchange)
    {
        lock (_lock)
            return _exchanges.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out exchange);
    }

    public bool TryGetExchange(string name, [NotNullWhen(true)] out Exchange? exchange) => TryGetExchange(Encoding.UTF8.GetBytes(name), out exchange);

    /// <summary>An exchange that only other exchanges may feed.</summary>
    public bool IsInternal(ReadOnlySpan<byte> exchange) => !exchange.IsEmpty && TryGetExchange(exchange, out var found) && found.Spec.Internal;

    public bool TryGetQueue(ReadOnlySpan<byte> name, [NotNullWhen(true)] out Queue? queue)
    {
        lock (_lock)
            return _queues.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out queue);
    }

    public bool TryGetQueue(string name, [NotNullWhen(true)] out Queue? queue) => TryGetQueue(Encoding.UTF8.GetBytes(name), out queue);

    public bool TryGetBinding(BindingSpec spec, [NotNullWhen(true)] out Binding? binding)
    {
        lock (_lock)
            return _bindings.TryGetValue(spec.Identity, out binding);
    }

    public IReadOnlyList<Queue> Queues()
    {
        lock (_lock)
            return [.. _queues.Values];
    }

    public IReadOnlyList<Binding> IncomingOf(IBindingTarget target)
    {
        lock (_lock)
            return [.. target.Incoming];
    }

    public IReadOnlyList<Binding> OutgoingOf(Exchange exchange)
    {
        lock (_lock)
            return [.. exchange.Outgoing];
    }

    /// <summary>Where a message goes. Null: there is no such exchange.</summary>
    public MessageRoute? Route(ReadOnlySpan<byte> exchange, in RoutedMessage message)
    {
        lock (_lock)
            return _router.Route(exchange, message);
    }

    /// <summary>As <see cref="Route(ReadOnlySpan{byte}, in RoutedMessage)"/>, over several keys at once: each queue gets the message once.</summary>
    public MessageRoute? Route(ReadOnlySpan<byte> exchange, in RoutedMessage message, IReadOnlyList<byte[]> otherKeys)
    {
        lock (_lock)
            return _router.Route(exchange, message, otherKeys);
    }

    /// <summary>For the router, under the lock.</summary>
    internal bool FindQueue(ReadOnlySpan<byte> name, [NotNullWhen(true)] out Queue? queue) => _queues.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out queue);

    internal bool FindExchange(ReadOnlySpan<byte> name, [NotNullWhen(true)] out Exchange? exchange) =>
        _exchanges.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out exchange);

    private static ExchangeSpec Fixed(string name, ExchangeKind kind, bool isInternal = false) => new(name, kind, Durable: true, AutoDelete: false, isInternal, ArgumentTable.Empty);

    private void AddPredeclared()
    {
        foreach (var spec in Predeclared)
            _exchanges.Add(Encoding.UTF8.GetBytes(spec.Name), new Exchange(spec, _namespace));
    }

    private void Put(ExchangeSpec spec) => _exchanges.TryAdd(Encoding.UTF8.GetBytes(spec.Name), new Exchange(spec, _namespace));

    private void Put(QueueSpec spec) => _queues.TryAdd(Encoding.UTF8.GetBytes(spec.Name), new Queue(spec, _namespace));

    /// <summary>A binding whose ends are gone was overtaken by a deletion: it is no more.</summary>
    private void Put(BindingPut put)
    {
        var spec = put.Spec;
        if (_bindings.ContainsKey(spec.Identity) || !FindExchange(Encoding.UTF8.GetBytes(spec.Source), out var source))
            return;
        var name = Encoding.UTF8.GetBytes(spec.Destination);
        IBindingTarget? target = spec.ToQueue
            ? FindQueue(name, out var queue) ? queue : null
            : FindExchange(name, out var exchange) ? exchange : null;
        if (target is null)
            return;
        var binding = new Binding(spec, put.StorageId, source, target);
        _bindings.Add(spec.Identity, binding);
        source.Add(binding);
        target.Incoming.Add(binding);
    }

    private void Remove(string key)
    {
        var name = Encoding.UTF8.GetBytes(key[2..]);
        switch (key[0])
        {
            case 'x' when _exchanges.Remove(name, out var exchange):
                foreach (var binding in exchange.Outgoing.Concat(exchange.Incoming).ToList())
                    Remove(binding);
                break;
            case 'q' when _queues.Remove(name, out var queue):
                foreach (var binding in queue.Incoming.ToList())
                    Remove(binding);
                break;
            case 'b' when _bindings.TryGetValue(key[2..], out var removed):
                Remove(removed);
                break;
        }
    }

    private void Remove(Binding binding)
    {
        _bindings.Remove(binding.Spec.Identity);
        binding.Source.Remove(binding);
        binding.Target.Incoming.Remove(binding);
    }
}

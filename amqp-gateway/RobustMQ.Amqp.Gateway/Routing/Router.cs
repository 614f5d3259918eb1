using System.Text;
using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Gateway.Topology;

namespace RobustMQ.Amqp.Gateway.Routing;

/// <summary>
/// Follows a message from its exchange over bindings and alternate exchanges to queues, each once, and decides how it is stored. Works on the topology's own scratch: its caller locks.
/// </summary>
internal sealed class Router(VhostTopology topology)
{
    private readonly List<Binding> _matches = [];
    private readonly List<Queue> _queues = [];
    private readonly List<Exchange> _visited = [];
    private readonly Queue<Exchange> _next = new();
    private Exchange? _storing;
    private bool _dependsOnHeaders;

    public MessageRoute? Route(ReadOnlySpan<byte> exchange, in RoutedMessage message)
    {
        if (exchange.IsEmpty)
            return topology.FindQueue(message.RoutingKey, out var queue) ? new MessageRoute([queue], [queue.Own], false, false) : MessageRoute.Nowhere;
        if (!topology.FindExchange(exchange, out var first))
            return null;
        Begin();
        Follow(first, message);
        return Finish(message);
    }

    public MessageRoute? Route(ReadOnlySpan<byte> exchange, in RoutedMessage message, IReadOnlyList<byte[]> otherKeys)
    {
        Exchange? first = null;
        if (!exchange.IsEmpty && !topology.FindExchange(exchange, out first))
            return null;
        Begin();
        FollowKey(first, message);
        foreach (var key in otherKeys)
            FollowKey(first, new RoutedMessage(key, message.Properties));
        _storing = null;
        return _queues.Count == 0 ? MessageRoute.Nowhere : new MessageRoute([.. _queues], ToEach(), dependsOnHeaders: true, isShared: false);
    }

    private void Begin()
    {
        _queues.Clear();
        _visited.Clear();
        _storing = null;
        _dependsOnHeaders = false;
    }

    private void FollowKey(Exchange? first, in RoutedMessage message)
    {
        if (first is not null)
            Follow(first, message);
        else if (topology.FindQueue(message.RoutingKey, out var queue) && !_queues.Contains(queue))
            _queues.Add(queue);
    }

    private void Follow(Exchange first, in RoutedMessage message)
    {
        _visited.Clear();
        _next.Clear();
        _next.Enqueue(first);
        while (_next.TryDequeue(out var exchange))
        {
            if (_visited.Contains(exchange))
                continue;
            _visited.Add(exchange);
            _storing = exchange;
            _dependsOnHeaders |= !Exchange.IsStoredByKey(exchange.Spec.Kind);
            _matches.Clear();
            exchange.Match(message, _matches);
            foreach (var binding in _matches)
            {
                if (binding.Target is Exchange next)
                    _next.Enqueue(next);
                else if (binding.Target is Queue queue && !_queues.Contains(queue))
                    _queues.Add(queue);
            }
            if (_matches.Count == 0 && exchange.Spec.Alternate is { } name && topology.FindExchange(Encoding.UTF8.GetBytes(name), out var alternate))
                _next.Enqueue(alternate);
        }
    }

    private MessageRoute Finish(in RoutedMessage message)
    {
        var isShared = _visited.Exists(static exchange => exchange.IsShared);
        if (_queues.Count == 0)
            return _dependsOnHeaders || isShared ? new MessageRoute([], [], _dependsOnHeaders, isShared) : MessageRoute.Nowhere;
        // Stored once where the queues' own bindings, and only they, say who gets it: the last exchange on a way without forks.
        var targets = _storing is { StoresOnce: true } storing && IsOnlyWay() ? Once(storing, message.RoutingKey) : ToEach();
        return new MessageRoute([.. _queues], targets, _dependsOnHeaders, isShared);
    }

    /// <summary>Every exchange before the last was left by its alternate exchange, not by bindings.</summary>
    private bool IsOnlyWay()
    {
        for (var at = 0; at < _visited.Count - 1; at++)
        {
            if (_visited[at].Spec.Alternate != _visited[at + 1].Name)
                return false;
        }
        return true;
    }

    private PublishTarget[] Once(Exchange storing, ReadOnlySpan<byte> key)
    {
        var targets = new List<PublishTarget>(2);
        if (_queues.Exists(static queue => queue.Spec.Durable))
            targets.Add(storing.Target(key, durable: true));
        if (_queues.Exists(static queue => !queue.Spec.Durable))
            targets.Add(storing.Target(key, durable: false));
        return [.. targets];
    }

    private PublishTarget[] ToEach()
    {
        var targets = new PublishTarget[_queues.Count];
        for (var at = 0; at < targets.Length; at++)
            targets[at] = _queues[at].Own;
        return targets;
    }
}

using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers;

/// <summary>The node's consumers by name. Any thread; one that is added or ended is the business of whoever has the turn to change consumers.</summary>
internal sealed class ConsumerRegister(LogLinks links)
{
    private readonly Dictionary<ConsumerRef, Consumer> _consumers = [];

    /// <summary>Those with a binding that names no topic.</summary>
    private readonly HashSet<Consumer> _wide = [];
    private readonly Lock _lock = new();

    public int Count
    {
        get
        {
            lock (_lock)
                return _consumers.Count;
        }
    }

    public IReadOnlyList<Consumer> All
    {
        get
        {
            lock (_lock)
                return [.. _consumers.Values];
        }
    }

    /// <summary>Also one that is over with its topics and not removed yet.</summary>
    public Consumer? Find(ConsumerRef name)
    {
        lock (_lock)
            return _consumers.GetValueOrDefault(name);
    }

    /// <summary>Those of a namespace that may want topics which they do not name.</summary>
    public Consumer[] FindWide(Namespace ns)
    {
        lock (_lock)
            return [.. _wide.Where(consumer => consumer.Ref.Namespace == ns)];
    }

    /// <summary>Adds one, or takes notice of bindings that have changed.</summary>
    public void Put(Consumer consumer)
    {
        lock (_lock)
        {
            _consumers[consumer.Ref] = consumer;
            if (consumer.Spec.Bindings.Any(static binding => binding.Topic is null))
                _wide.Add(consumer);
            else
                _wide.Remove(consumer);
        }
    }

    /// <summary>Takes one out and ends it. Its end is not stored yet.</summary>
    /// <returns>False where it is not there any more, though another of its name may be.</returns>
    public bool TryEnd(Consumer consumer, ErrorCode reason)
    {
        lock (_lock)
        {
            if (!_consumers.TryGetValue(consumer.Ref, out var present) || present != consumer)
                return false;
            _consumers.Remove(consumer.Ref);
            _wide.Remove(consumer);
        }
        consumer.End(reason);
        foreach (var link in consumer.Links)
            links.Detach(link);
        return true;
    }
}

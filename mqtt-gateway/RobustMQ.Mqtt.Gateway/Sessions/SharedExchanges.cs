using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Mqtt.Gateway.Sessions;

/// <summary>Messages of shared subscriptions' consumers that one client has not acknowledged, and those that wait until it has room. Guarded by its owner.</summary>
internal sealed class SharedExchanges
{
    private readonly Dictionary<ushort, (SharedMember Member, DeliveryId Delivery)> _open = [];
    private readonly Queue<(SharedMember Member, DeliveryId Delivery)> _waiting = new();
    private readonly Backlog _packets = new(int.MaxValue, long.MaxValue);

    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>A message that was under way when the storage-node went away is told again: it goes on under its new count.</summary>
    public bool IsOpen(SharedMember member, in DeliveryId delivery)
    {
        if (delivery.DeliveryCount < 2)
            return false;
        foreach (var (packetId, exchange) in _open)
        {
            if (exchange.Member != member || exchange.Delivery.Offset != delivery.Offset || exchange.Delivery.Log != delivery.Log)
                continue;
            _open[packetId] = (member, delivery);
            return true;
        }
        return false;
    }

    public void Begin(ushort packetId, SharedMember member, in DeliveryId delivery) => _open.Add(packetId, (member, delivery));

    public void Wait(ReadOnlySpan<byte> packet, int idAt, byte qos, SharedMember member, in DeliveryId delivery)
    {
        _packets.TryAdd(packet, idAt, qos);
        _waiting.Enqueue((member, delivery));
    }

    /// <summary>The oldest that waits; its memory goes back with <see cref="Backlog.Return"/>.</summary>
    public QueuedPacket Take(out SharedMember member, out DeliveryId delivery)
    {
        (member, delivery) = _waiting.Dequeue();
        return _packets.Take();
    }

    /// <summary>The client has it.</summary>
    public void End(ushort packetId)
    {
        if (_open.Remove(packetId, out var exchange))
            exchange.Member.End(exchange.Delivery);
    }

    public void Clear()
    {
        _open.Clear();
        _waiting.Clear();
        _packets.Clear();
    }
}

using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Mqtt.Gateway.Sessions;

/// <summary>
/// What was handed to a client of its session's stored messages and is not through. Packet identifiers come from the numbers that the session's consumer gives its records, so
/// that a message has the same one at every connection. Pure; guarded by its owner.
/// </summary>
internal sealed class StoredWindow
{
    /// <summary>Identifiers 1 to this are for stored messages, those above for all others.</summary>
    public const int Identifiers = 49_151;

    private readonly Dictionary<ushort, StoredExchange> _exchanges = [];
    private readonly Queue<(long Sequence, ushort PacketId)> _order = new();

    public int Count => _exchanges.Count;

    /// <summary>Bytes of the packets of all exchanges.</summary>
    public long Bytes { get; private set; }

    /// <summary>Records that may be asked for until identifiers would run into those of the oldest one that is not through.</summary>
    /// <param name="lastSequence">The newest that has come.</param>
    public long Reach(long lastSequence)
    {
        while (_order.TryPeek(out var oldest) && (!_exchanges.TryGetValue(oldest.PacketId, out var exchange) || exchange.Sequence != oldest.Sequence))
            _order.Dequeue();
        return _order.TryPeek(out var first) ? Identifiers - 1 - (lastSequence - first.Sequence) : Identifiers - 1;
    }

    public static ushort IdOf(long sequence) => (ushort)((sequence - 1) % Identifiers + 1);

    /// <param name="isReceived">The client has had it (PUBREC): only the release is missing.</param>
    public StoredOutcome Begin(in DeliveryId delivery, long sequence, byte qos, bool isReceived, int bytes, out ushort packetId)
    {
        packetId = IdOf(sequence);
        if (_exchanges.TryGetValue(packetId, out var present))
        {
            if (present.Delivery.Log != delivery.Log || present.Delivery.Offset != delivery.Offset)
                return StoredOutcome.Collides;
            // The storage-node was away and tells again: on this connection the exchange goes on.
            _exchanges[packetId] = present with { Delivery = delivery };
            return StoredOutcome.Known;
        }
        _exchanges.Add(packetId, new StoredExchange(delivery, sequence, qos, isReceived ? StoredState.Released : StoredState.Sent, bytes));
        _order.Enqueue((sequence, packetId));
        Bytes += bytes;
        return StoredOutcome.Begun;
    }

    /// <summary>Takes a PUBACK, PUBREC or PUBCOMP.</summary>
    /// <param name="exchange">As it was, where something follows.</param>
    public StoredAck Acknowledge(PacketType type, ushort packetId, ReasonCode reason, out StoredExchange exchange)
    {
        if (!_exchanges.TryGetValue(packetId, out exchange))
            return type == PacketType.PubRec ? StoredAck.UnknownPubRec : StoredAck.Ignored;
        switch (type)
        {
            case PacketType.PubAck when exchange is { Qos: 1 }:
            case PacketType.PubComp when exchange is { Qos: 2, State: StoredState.Released }:
            case PacketType.PubRec when exchange is { Qos: 2, State: StoredState.Sent } && reason >= ReasonCode.UnspecifiedError:
                _exchanges.Remove(packetId);
                Bytes -= exchange.Bytes;
                return StoredAck.Ended;
            case PacketType.PubRec when exchange.Qos == 2:
                _exchanges[packetId] = exchange with { State = StoredState.Released };
                return StoredAck.Received;
            default:
                return StoredAck.Wrong;
        }
    }
}

/// <summary>One message on its way.</summary>
internal readonly record struct StoredExchange(DeliveryId Delivery, long Sequence, byte Qos, StoredState State, int Bytes);

internal enum StoredState : byte
{
    Sent = 0,

    /// <summary>The client has it (PUBREC).</summary>
    Released = 1,
}

internal enum StoredOutcome
{
    Begun = 0,

    /// <summary>Under way on this connection already.</summary>
    Known = 1,

    /// <summary>Another message has the identifier: the storage-node gave its numbers anew after it crashed.</summary>
    Collides = 2,

    /// <summary>Nothing is to be waited for: QoS 0, or too large for the client.</summary>
    Done = 3,
}

/// <summary>What follows from an acknowledgement of a stored message.</summary>
internal enum StoredAck
{
    Ignored = 0,
    Ended = 1,

    /// <summary>That the client has it is to be stored; then it is released.</summary>
    Received = 2,

    UnknownPubRec = 3,
    Wrong = 4,
}

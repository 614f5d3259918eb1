using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Sessions;

/// <summary>
/// Retained messages that new subscriptions of a session brought at QoS 1 and 2 and that are not through. They have packet identifiers of their own, which stay theirs at later
/// connections. Pure; guarded by its owner.
/// </summary>
internal sealed class RetainedWindow
{
    /// <summary>Behind those of stored messages; what is above <see cref="LastId"/> is for live ones.</summary>
    public const int FirstId = StoredWindow.Identifiers + 1;

    public const int Identifiers = 8_192;
    public const int LastId = FirstId + Identifiers - 1;

    private readonly Dictionary<ushort, Entry> _entries = [];
    private long _last;
    private int _nextId;

    /// <summary>How many are under way at this connection.</summary>
    public int Sent { get; private set; }

    /// <summary>How many are not through.</summary>
    public int Count => _entries.Count;

    /// <summary>How many more there are identifiers for.</summary>
    public int Room => Identifiers - _entries.Count;

    /// <summary>In their order.</summary>
    public IReadOnlyList<RetainedExchange> All => [.. _entries.Values.OrderBy(static entry => entry.Order).Select(static entry => entry.Exchange)];

    public static bool Owns(ushort packetId) => packetId is >= FirstId and <= LastId;

    /// <summary>One of an earlier connection; not sent at this one yet.</summary>
    public void Restore(in RetainedExchange exchange)
    {
        _entries[exchange.PacketId] = new Entry(exchange, ++_last, IsSent: false);
        _nextId = exchange.PacketId - FirstId + 1;
    }

    /// <summary>Only where there is room.</summary>
    /// <param name="qos">1 or 2.</param>
    public ushort Begin(Offset offset, int subscriptionId, byte qos)
    {
        ushort packetId;
        do
            packetId = (ushort)(FirstId + _nextId++ % Identifiers);
        while (_entries.ContainsKey(packetId));
        _entries.Add(packetId, new Entry(new RetainedExchange(packetId, offset, subscriptionId, qos, StoredState.Sent), ++_last, IsSent: false));
        return packetId;
    }

    /// <summary>It goes out now.</summary>
    /// <returns>False where it is through by now.</returns>
    public bool TrySend(ushort packetId)
    {
        if (!_entries.TryGetValue(packetId, out var entry))
            return false;
        if (!entry.IsSent)
            Sent++;
        _entries[packetId] = entry with { IsSent = true };
        return true;
    }

    public void Forget(ushort packetId)
    {
        if (_entries.Remove(packetId, out var entry) && entry.IsSent)
            Sent--;
    }

    /// <summary>Takes a PUBACK, PUBREC or PUBCOMP.</summary>
    public StoredAck Acknowledge(PacketType type, ushort packetId, ReasonCode reason)
    {
        if (!_entries.TryGetValue(packetId, out var entry))
            return type == PacketType.PubRec ? StoredAck.UnknownPubRec : StoredAck.Ignored;
        switch (type)
        {
            case PacketType.PubAck when entry.Exchange is { Qos: 1 }:
            case PacketType.PubComp when entry.Exchange is { Qos: 2, State: StoredState.Released }:
            case PacketType.PubRec when entry.Exchange is { Qos: 2, State: StoredState.Sent } && reason >= ReasonCode.UnspecifiedError:
                Forget(packetId);
                return StoredAck.Ended;
            case PacketType.PubRec when entry.Exchange.Qos == 2:
                _entries[packetId] = entry with { Exchange = entry.Exchange with { State = StoredState.Released } };
                return StoredAck.Received;
            default:
                return StoredAck.Wrong;
        }
    }

    private readonly record struct Entry(RetainedExchange Exchange, long Order, bool IsSent);
}

/// <summary>One retained message on its way to a session's client.</summary>
/// <param name="Offset">Of its record among the retained messages.</param>
/// <param name="SubscriptionId">Number of the session's subscription that brought it.</param>
internal readonly record struct RetainedExchange(ushort PacketId, Offset Offset, int SubscriptionId, byte Qos, StoredState State);

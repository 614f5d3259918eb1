using RobustMQ.Mqtt.Protocol;

namespace RobustMQ.Mqtt.Gateway.Sessions;

/// <summary>
/// What was sent to a client at QoS 1 and 2 and is not through: packet identifiers and where each exchange stands (5.0 section 4.3). Identifiers are given in order, so
/// they lie in a ring. Pure; guarded by its owner.
/// </summary>
/// <param name="sendMax">The client's receive maximum (5.0 section 4.9).</param>
/// <param name="firstId">Identifiers are this to 65,535.</param>
internal sealed class OutboundWindow(int sendMax, int firstId = 1)
{
    private readonly int _identifiers = 65_536 - firstId;
    private Exchange[] _ring = [];
    private long _head;
    private long _tail;

    public int Count { get; private set; }

    public bool HasRoom => Count < sendMax && _tail - _head < _identifiers;

    /// <summary>Begins an exchange. Only where there is room.</summary>
    /// <param name="qos">1 or 2.</param>
    public ushort Take(byte qos)
    {
        if (_tail - _head == _ring.Length)
            Grow();
        _ring[_tail & (_ring.Length - 1)] = qos == 1 ? Exchange.AwaitsPubAck : Exchange.AwaitsPubRec;
        Count++;
        return (ushort)(_tail++ % _identifiers + firstId);
    }

    /// <summary>Takes a PUBACK, PUBREC or PUBCOMP.</summary>
    public AckOutcome Acknowledge(PacketType type, ushort packetId, ReasonCode reason)
    {
        var at = packetId < firstId ? long.MaxValue : (packetId - firstId - _head % _identifiers + _identifiers) % _identifiers + _head;
        if (at >= _tail || _ring[at & (_ring.Length - 1)] is var exchange && exchange == Exchange.Done)
            return type == PacketType.PubRec ? AckOutcome.UnknownPubRec : AckOutcome.Ignored;
        exchange = _ring[at & (_ring.Length - 1)];
        switch (type, exchange)
        {
            case (PacketType.PubAck, Exchange.AwaitsPubAck) or (PacketType.PubComp, Exchange.AwaitsPubComp):
                End(at);
                return AckOutcome.Ended;
            case (PacketType.PubRec, Exchange.AwaitsPubRec) when reason >= ReasonCode.UnspecifiedError:
                End(at);
                return AckOutcome.Ended;
            case (PacketType.PubRec, Exchange.AwaitsPubRec or Exchange.AwaitsPubComp):
                _ring[at & (_ring.Length - 1)] = Exchange.AwaitsPubComp;
                return AckOutcome.Release;
            default:
                return AckOutcome.Wrong;
        }
    }

    private void End(long at)
    {
        _ring[at & (_ring.Length - 1)] = Exchange.Done;
        Count--;
        while (_head < _tail && _ring[_head & (_ring.Length - 1)] == Exchange.Done)
            _head++;
    }

    private void Grow()
    {
        var larger = new Exchange[Math.Max(16, _ring.Length * 2)];
        for (var at = _head; at < _tail; at++)
            larger[at & (larger.Length - 1)] = _ring[at & (_ring.Length - 1)];
        _ring = larger;
    }

    private enum Exchange : byte
    {
        Done = 0,
        AwaitsPubAck,
        AwaitsPubRec,
        AwaitsPubComp,
    }
}

/// <summary>What follows from an acknowledgement.</summary>
internal enum AckOutcome
{
    /// <summary>Of no exchange that is open: a repeat.</summary>
    Ignored = 0,

    /// <summary>The exchange is through; there may be room again.</summary>
    Ended = 1,

    /// <summary>PUBREL goes out.</summary>
    Release = 2,

    /// <summary>A PUBREC of no open exchange: PUBREL goes out, with the reason that it is unknown.</summary>
    UnknownPubRec = 3,

    /// <summary>Another packet than this exchange is waiting for: a protocol error.</summary>
    Wrong = 4,
}

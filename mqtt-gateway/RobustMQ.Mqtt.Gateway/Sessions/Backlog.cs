using System.Buffers;
using System.Buffers.Binary;

namespace RobustMQ.Mqtt.Gateway.Sessions;

/// <summary>QoS 1 and 2 packets that wait until a client has room, oldest first, in pooled memory. Bounded: what does not fit is not taken. Guarded by its owner.</summary>
internal sealed class Backlog(int messagesMax, long bytesMax)
{
    private readonly Queue<QueuedPacket> _packets = new();
    private long _bytes;

    public int Count => _packets.Count;

    public long Bytes => _bytes;

    /// <summary>Room for a burst as large as what there is by now.</summary>
    public bool IsHalfEmpty => _packets.Count <= messagesMax / 2 && _bytes <= bytesMax / 2;

    /// <param name="idAt">Where the packet's identifier belongs.</param>
    /// <returns>False where it is full.</returns>
    public bool TryAdd(ReadOnlySpan<byte> packet, int idAt, byte qos, PacketExpiry expiry = default)
    {
        if (_packets.Count >= messagesMax || _bytes + packet.Length > bytesMax)
            return false;
        var bytes = ArrayPool<byte>.Shared.Rent(packet.Length);
        packet.CopyTo(bytes);
        _packets.Enqueue(new QueuedPacket(bytes, packet.Length, idAt, qos, expiry));
        _bytes += packet.Length;
        return true;
    }

    /// <summary>The oldest; only where there is one.</summary>
    public QueuedPacket Take()
    {
        var packet = _packets.Dequeue();
        _bytes -= packet.Length;
        return packet;
    }

    public static void Return(in QueuedPacket packet) => ArrayPool<byte>.Shared.Return(packet.Bytes);

    public void Clear()
    {
        while (_packets.TryDequeue(out var packet))
            Return(packet);
        _bytes = 0;
    }
}

/// <summary>One packet that waits; its memory goes back with <see cref="Backlog.Return"/>.</summary>
internal readonly record struct QueuedPacket(byte[] Bytes, int Length, int IdAt, byte Qos, PacketExpiry Expiry)
{
    public ReadOnlySpan<byte> Packet => Bytes.AsSpan(0, Length);

    public bool Expires => Expiry.AtMs > 0;

    /// <summary>Counts the time that the packet has waited off its life (5.0 section 3.3.2.3.3). Only where it ends.</summary>
    /// <returns>False where that is over.</returns>
    public bool CountDown(long nowMs)
    {
        if (Expiry.AtMs <= nowMs)
            return false;
        if (Expiry.SecondsAt > 0)
            BinaryPrimitives.WriteUInt32BigEndian(Bytes.AsSpan(Expiry.SecondsAt), (uint)((Expiry.AtMs - nowMs + 999) / 1000));
        return true;
    }
}

/// <summary>When a packet that waits is not to be sent any more.</summary>
/// <param name="AtMs">Unix time; 0: never.</param>
/// <param name="SecondsAt">Where the packet says how long it lives; 0: nowhere.</param>
internal readonly record struct PacketExpiry(long AtMs, int SecondsAt);

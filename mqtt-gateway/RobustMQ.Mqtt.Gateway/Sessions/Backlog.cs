using System.Buffers;

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
    public bool TryAdd(ReadOnlySpan<byte> packet, int idAt, byte qos)
    {
        if (_packets.Count >= messagesMax || _bytes + packet.Length > bytesMax)
            return false;
        var bytes = ArrayPool<byte>.Shared.Rent(packet.Length);
        packet.CopyTo(bytes);
        _packets.Enqueue(new QueuedPacket(bytes, packet.Length, idAt, qos));
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
internal readonly record struct QueuedPacket(byte[] Bytes, int Length, int IdAt, byte Qos)
{
    public ReadOnlySpan<byte> Packet => Bytes.AsSpan(0, Length);
}

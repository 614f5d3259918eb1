namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>What a client has sent: packets of any type, and among them messages. Written by one thread; others may read a value that is a moment old.</summary>
internal sealed class ConnectionCounters
{
    private long _messages;
    private long _bytes;
    private long _packets;
    private long _packetBytes;

    public long Messages => Volatile.Read(ref _messages);

    /// <summary>Of the messages' payloads.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Of any type.</summary>
    public long Packets => Volatile.Read(ref _packets);

    /// <summary>Everything that was read.</summary>
    public long PacketBytes => Volatile.Read(ref _packetBytes);

    public void Add(int messages, long bytes)
    {
        Volatile.Write(ref _messages, _messages + messages);
        Volatile.Write(ref _bytes, _bytes + bytes);
    }

    public void AddPackets(int packets, long bytes)
    {
        Volatile.Write(ref _packets, _packets + packets);
        Volatile.Write(ref _packetBytes, _packetBytes + bytes);
    }
}

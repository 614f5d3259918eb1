namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>Messages and their bytes of payload. Written by one thread; others may read a value that is a moment old.</summary>
internal sealed class ConnectionCounters
{
    private long _messages;
    private long _bytes;

    public long Messages => Volatile.Read(ref _messages);

    public long Bytes => Volatile.Read(ref _bytes);

    public void Add(int messages, long bytes)
    {
        Volatile.Write(ref _messages, _messages + messages);
        Volatile.Write(ref _bytes, _bytes + bytes);
    }
}

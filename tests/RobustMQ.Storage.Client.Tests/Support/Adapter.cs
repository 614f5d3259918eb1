namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>The ways from a client to a storage-node, and the engine of topics that name none: memory where nothing else is said.</summary>
public enum Adapter
{
    Embedded,
    Tcp,
    UnixSocket,
    EmbeddedSegment,
    TcpSegment,
    EmbeddedRocksDb,
    TcpRocksDb,
}

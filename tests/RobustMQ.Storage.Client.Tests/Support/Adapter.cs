namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>The ways from a client to a storage-node.</summary>
public enum Adapter
{
    Embedded,
    Tcp,
    UnixSocket,
}

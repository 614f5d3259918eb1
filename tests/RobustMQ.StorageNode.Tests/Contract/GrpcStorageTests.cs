using RobustMQ.Storage.Client;

namespace RobustMQ.StorageNode.Tests.Contract;

public sealed class GrpcStorageTests : StorageContract
{
    private ServedNode _served = null!;

    private protected override async Task<(IStorageClient First, IStorageClient Second)> OpenAsync()
    {
        _served = await ServedNode.StartAsync(withSocket: true);
        // One over TCP, one over the Unix socket.
        return (_served.Connect(), _served.Connect($"unix:{_served.Socket}"));
    }

    private protected override Task CloseAsync() => _served.DisposeAsync().AsTask();
}

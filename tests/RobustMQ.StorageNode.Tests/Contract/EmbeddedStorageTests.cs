using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Storage;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Embedded;

namespace RobustMQ.StorageNode.Tests.Contract;

public sealed class EmbeddedStorageTests : StorageContract
{
    private NodeStorage _node = null!;

    private protected override async Task<(IStorageClient First, IStorageClient Second)> OpenAsync()
    {
        _node = await NodeStorage.OpenAsync(new StorageOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        return (new EmbeddedStorageClient(_node), new EmbeddedStorageClient(_node));
    }

    private protected override Task CloseAsync() => _node.DisposeAsync().AsTask();
}

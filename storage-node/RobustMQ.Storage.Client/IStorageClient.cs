namespace RobustMQ.Storage.Client;

/// <summary>Everything that a storage-node offers a gateway; one per process, in process or over gRPC.</summary>
public interface IStorageClient : IAsyncDisposable
{
    ILogClient Logs { get; }

    ITopicClient Topics { get; }

    IConsumerClient Consumers { get; }

    INodeClient Node { get; }
}

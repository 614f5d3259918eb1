using RobustMQ.Storage.Client;

namespace RobustMQ.Storage.Embedded;

/// <summary>A storage-node of the same process: calls go straight to it, without copies or queues. The node belongs to whoever opened it.</summary>
public sealed class EmbeddedStorageClient(NodeStorage node) : IStorageClient
{
    public ILogClient Logs { get; } = new EmbeddedLogClient(node);

    public ITopicClient Topics { get; } = new EmbeddedTopicClient(node.Topics);

    public IConsumerClient Consumers { get; } = new EmbeddedConsumerClient(node);

    public INodeClient Node { get; } = new EmbeddedNodeClient(node);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

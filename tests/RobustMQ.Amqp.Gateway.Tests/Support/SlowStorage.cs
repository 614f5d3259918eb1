using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Tests.Support;

/// <summary>A storage-node that stores nothing of one topic until it is told to.</summary>
internal sealed class SlowStorage(IStorageClient inner, TopicName slow) : IStorageClient, ILogClient
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ILogClient Logs => this;

    public ITopicClient Topics => inner.Topics;

    public IConsumerClient Consumers => inner.Consumers;

    public INodeClient Node => inner.Node;

    public void Open() => _open.SetResult();

    public ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default) =>
        request.Log.Topic == slow && !_open.Task.IsCompleted ? AppendLaterAsync(request, cancellationToken) : inner.Logs.AppendAsync(request, cancellationToken);

    public ValueTask<ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken = default) => inner.Logs.ReadAsync(request, cancellationToken);

    public ValueTask<LogOffsets> OffsetsAsync(TopicPartition log, long timeMs = -1, CancellationToken cancellationToken = default) =>
        inner.Logs.OffsetsAsync(log, timeMs, cancellationToken);

    public ValueTask<DeleteResult> DeleteAsync(DeleteRequest request, CancellationToken cancellationToken = default) => inner.Logs.DeleteAsync(request, cancellationToken);

    public ILiveFeed Subscribe(string name, ILiveReceiver receiver) => inner.Logs.Subscribe(name, receiver);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask<AppendResult> AppendLaterAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        await _open.Task;
        return await inner.Logs.AppendAsync(request, cancellationToken);
    }
}

using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Tests.Support;

/// <summary>A storage-node that stores nothing of one topic until it is told to.</summary>
internal sealed class SlowStorage(IStorageClient inner, TopicName slow) : StorageOver(inner)
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Something of the topic waits.</summary>
    public Task Asked => _asked.Task;

    public void Open() => _open.SetResult();

    public override ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default) =>
        request.Log.Topic == slow && !_open.Task.IsCompleted ? AppendLaterAsync(request, cancellationToken) : base.AppendAsync(request, cancellationToken);

    private async ValueTask<AppendResult> AppendLaterAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        _asked.TrySetResult();
        await _open.Task;
        return await base.AppendAsync(request, cancellationToken);
    }
}

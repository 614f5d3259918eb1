using RobustMQ.Kafka.Gateway.Transactions;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>A storage-node that takes its time to say which transactional ids of one slot it has.</summary>
internal sealed class SlowSearches(IStorageClient inner, int slot) : IStorageClient, ILogClient
{
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ILogClient Logs => this;

    public ITopicClient Topics => inner.Topics;

    public IConsumerClient Consumers => inner.Consumers;

    public INodeClient Node => inner.Node;

    /// <summary>The slot's records have been read, as they are then, and are told by <see cref="Tell"/>.</summary>
    public Task Read => _read.Task;

    /// <summary>The next slot is searched: the findings in this one have been taken.</summary>
    public Task Next => _next.Task;

    public void Tell() => _told.TrySetResult();

    public async ValueTask<ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken = default)
    {
        var result = await inner.Logs.ReadAsync(request, cancellationToken);
        if (result.Error == ErrorCode.NotFound || request.Start != ReadStart.LastPerKey || request.Log.Topic != TransactionLog.Topic)
            return result;
        if (IsOf(request, slot))
        {
            _read.TrySetResult();
            await _told.Task.WaitAsync(cancellationToken);
        }
        else if (_read.Task.IsCompleted && IsOf(request, slot + 1))
        {
            _next.TrySetResult();
        }
        return result;
    }

    public ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default) => inner.Logs.AppendAsync(request, cancellationToken);

    public ValueTask<ReadManyResult> ReadManyAsync(ReadManyRequest request, CancellationToken cancellationToken = default) => inner.Logs.ReadManyAsync(request, cancellationToken);

    public ValueTask<LogOffsets> OffsetsAsync(TopicPartition log, long timeMs = -1, ReadIsolation isolation = ReadIsolation.Committed, CancellationToken cancellationToken = default) =>
        inner.Logs.OffsetsAsync(log, timeMs, isolation, cancellationToken);

    public ValueTask<LogProducers> ListProducersAsync(TopicPartition log, CancellationToken cancellationToken = default) => inner.Logs.ListProducersAsync(log, cancellationToken);

    public ValueTask<DeleteResult> DeleteAsync(DeleteRequest request, CancellationToken cancellationToken = default) => inner.Logs.DeleteAsync(request, cancellationToken);

    public ILiveFeed Subscribe(string name, ILiveReceiver receiver) => inner.Logs.Subscribe(name, receiver);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static bool IsOf(ReadRequest request, int slot) => request.Filters[0].Value == $"{TransactionLog.Topic.Value}.{slot}.>";
}

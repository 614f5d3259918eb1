using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;

namespace RobustMQ.Storage.Consumers.Delivery;

/// <summary>A fetch that is under way, and what it has got so far, in pooled buffers that are the result's in the end.</summary>
internal sealed class FetchCall(MemberSlot slot) : IDisposable
{
    private readonly List<Deliveries> _deliveries = new(1);
    private readonly List<PooledBytes> _owned = new(1);
    private readonly TaskCompletionSource<FetchResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MemberSlot Slot { get; } = slot;

    public Task<FetchResult> Done => _done.Task;

    /// <summary>Keeps a copy.</summary>
    public void Add(in Deliveries deliveries)
    {
        var bytes = new PooledBytes();
        deliveries.Batches.Span.CopyTo(bytes.GetSpan(deliveries.Batches.Length));
        bytes.Advance(deliveries.Batches.Length);
        _owned.Add(bytes);
        _deliveries.Add(new Deliveries
        {
            Log = deliveries.Log,
            Batches = bytes.Memory,
            Marks = deliveries.Marks.ToArray(),
            BindingIds = deliveries.BindingIds.ToArray(),
            Waiting = deliveries.Waiting,
        });
    }

    public void Complete(ErrorCode error = ErrorCode.None) =>
        _done.TrySetResult(error == ErrorCode.None ? new FetchResult(_deliveries, this) : FetchResult.Failed(error));

    public void Dispose()
    {
        foreach (var bytes in _owned)
            bytes.Dispose();
    }
}

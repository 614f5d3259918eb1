using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;

namespace RobustMQ.Storage.Consumers.Delivery;

/// <summary>A fetch that is under way, and what it has got so far.</summary>
internal sealed class FetchCall(MemberSlot slot)
{
    private readonly List<Deliveries> _deliveries = [];
    private readonly List<PooledBytes> _owned = [];
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
        _done.TrySetResult(error == ErrorCode.None ? new FetchResult(_deliveries, new Owned(_owned)) : FetchResult.Failed(error));

    private sealed class Owned(List<PooledBytes> bytes) : IDisposable
    {
        public void Dispose()
        {
            foreach (var one in bytes)
                one.Dispose();
        }
    }
}

using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Client;

namespace RobustMQ.Benchmarks.StorageNode;

/// <summary>Counts what a live feed brings, and makes room for more.</summary>
internal sealed class CountingReceiver(SemaphoreSlim room) : ILiveReceiver
{
    private long _wanted = long.MaxValue;
    private long _seen;
    private TaskCompletionSource _done = new();

    /// <summary>Completes when this many more records have come.</summary>
    public Task ExpectAsync(long records)
    {
        _done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _seen = 0;
        Volatile.Write(ref _wanted, records);
        return _done.Task;
    }

    public void OnConnected(SubscriberId id)
    {
    }

    public void OnDisconnected() => _done.TrySetException(new IOException("the feed was lost"));

    public void OnRecords(in LiveRecords records)
    {
        room.Release();
        _seen += new RecordBatchHeader(records.Batch.Span).RecordCount;
        if (_seen >= Volatile.Read(ref _wanted))
            _done.TrySetResult();
    }

    public void OnPeerInterest(in PeerInterest interest)
    {
    }

    public void OnDropped(long records) => _done.TrySetException(new IOException($"{records} records were left out"));
}

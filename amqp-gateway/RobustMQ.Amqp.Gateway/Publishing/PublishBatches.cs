using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>The batches that a publisher fills, and those that are on their way. Filled by one thread at a time; answers come on others.</summary>
/// <param name="answered">Called when answers were given.</param>
internal sealed class PublishBatches(AmqpGatewayState gateway, Action answered) : IDisposable
{
    /// <summary>A batch is handed over when it has this many bytes: large enough that its fixed cost vanishes, small enough to stay in the processor's cache.</summary>
    private const int BatchBytesTarget = 64 * 1024;

    /// <summary>Of a batch that is to go as one: below what the storage-node takes (<c>storage:max_batch</c>), with room for a last message's headers.</summary>
    private const int WholeBytesMax = (8 << 20) - (256 << 10);

    private readonly Lock _lock = new();
    private readonly List<PublishBatch> _open = [];
    private PublishBatch? _last;
    private bool _hasPublished;
    private int _underWay;
    private long _failed;
    private TaskCompletionSource? _settled;

    /// <summary>Records that were not stored.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>What is added goes to each log as one batch, which is stored or refused as one. Set while nothing is open.</summary>
    public bool KeepsTogether { get; set; }

    public void Add(PublishTarget target, long nowMs, ReadOnlySpan<byte> body, ReadOnlySpan<byte> headers, int headerCount, Durability durability, PublishBatch.Waiting waiter)
    {
        var batch = BatchOf(target);
        if (batch.Builder.SizeBytes + body.Length >= (KeepsTogether ? WholeBytesMax : BatchBytesTarget) && !batch.Builder.IsEmpty)
        {
            HandOver(batch);
            batch = BatchOf(target);
        }
        batch.Builder.Append(nowMs, RecordAttributes.KeyIsSubject, target.Subject, body, headers, headerCount);
        batch.Waiters.Add(waiter);
        if (durability > batch.Durability)
            batch.Durability = durability;
    }

    /// <summary>Hands over everything. Completes at once unless the storage-node is behind, and this publisher has given it something since it was asked last: nobody else waits.</summary>
    public ValueTask FlushAsync()
    {
        HandOver();
        if (!_hasPublished)
            return ValueTask.CompletedTask;
        _hasPublished = false;
        return gateway.Window.WaitAsync();
    }

    /// <summary>Hands over everything, and leaves it to the caller to hold back what comes too fast.</summary>
    public void HandOver()
    {
        while (_open.Count > 0)
            HandOver(_open[^1]);
    }

    /// <summary>Hands over everything and completes when all of it is stored, or refused.</summary>
    public async ValueTask SettleAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        Task settled;
        lock (_lock)
        {
            if (_underWay == 0)
                return;
            settled = (_settled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
        await settled.ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (var batch in _open)
            batch.Dispose();
        _open.Clear();
    }

    private PublishBatch BatchOf(PublishTarget target)
    {
        if (_last is { } last && last.Log == target.Log && last.IsLiveOnly == target.IsLiveOnly)
            return last;
        foreach (var batch in _open)
        {
            if (batch.Log == target.Log && batch.IsLiveOnly == target.IsLiveOnly)
                return _last = batch;
        }
        _last = new PublishBatch(target.Log, target.Queue, target.IsLiveOnly) { IsWhole = KeepsTogether };
        _open.Add(_last);
        return _last;
    }

    private void HandOver(PublishBatch batch)
    {
        _open.Remove(batch);
        if (ReferenceEquals(_last, batch))
            _last = null;
        if (batch.Builder.IsEmpty)
        {
            batch.Dispose();
            return;
        }
        _hasPublished = true;
        var bytes = batch.Builder.Build();
        var append = Appending.Begin(gateway.Storage.Logs, new AppendRequest
        {
            Log = batch.Log,
            Batch = bytes,
            IsOwnEncoding = true,
            Durability = batch.Durability,
            MayBlock = IsAlone(batch),
            Routing = new LiveRouting { Origin = gateway.FeedId, LiveOnly = batch.IsLiveOnly },
        });
        if (append.IsCompletedSuccessfully)
        {
            EndAtOnce(batch, append.Result);
            return;
        }
        BeginToWait(bytes.Length);
        _ = CompleteAsync(append, batch, bytes.Length);
    }

    /// <summary>A single message with nothing before or behind it: its publisher waits for it, and sends nothing that this thread could take meanwhile.</summary>
    private bool IsAlone(PublishBatch batch) => batch.Waiters.Count == 1 && _open.Count == 0 && Volatile.Read(ref _underWay) == 0;

    private void EndAtOnce(PublishBatch batch, AppendResult result)
    {
        if (result.Error == ErrorCode.LimitExceeded)
        {
            BeginToWait(0);
            _ = CompleteAsync(ValueTask.FromResult(result), batch, 0);
            return;
        }
        End(batch, result.Error);
        batch.Dispose();
    }

    private void BeginToWait(int bytes)
    {
        gateway.Window.Add(bytes);
        lock (_lock)
            _underWay++;
    }

    private async Task CompleteAsync(ValueTask<AppendResult> append, PublishBatch batch, int bytes)
    {
        try
        {
            var error = (await append.ConfigureAwait(false)).Error;
            if (error == ErrorCode.LimitExceeded && batch is { Queue: not null, IsWhole: false })
                await RefusedBatch.SendOneByOneAsync(gateway, batch, EndNext).ConfigureAwait(false);
            else
                End(batch, error);
        }
        catch (Exception error)
        {
            // Whoever was not told yet must not wait for ever, nor take it for stored.
            End(batch, Appending.OutcomeOf(error));
        }
        finally
        {
            answered();
            batch.Dispose();
            gateway.Window.Remove(bytes);
            TaskCompletionSource? settled = null;
            lock (_lock)
            {
                if (--_underWay == 0)
                    (settled, _settled) = (_settled, null);
            }
            settled?.SetResult();
        }
    }

    private void End(PublishBatch batch, ErrorCode error)
    {
        ConfirmWindow? confirms = null;
        while (batch.TryTakeWaiter(out var waiter))
        {
            if (!ReferenceEquals(waiter.Confirms, confirms))
            {
                confirms?.Tell();
                confirms = waiter.Confirms;
            }
            Complete(waiter, error);
        }
        confirms?.Tell();
    }

    private void EndNext(PublishBatch batch, ErrorCode error)
    {
        if (!batch.TryTakeWaiter(out var waiter))
            return;
        Complete(waiter, error);
        waiter.Confirms?.Tell();
    }

    /// <summary>A queue that was deleted meanwhile wants nothing any more.</summary>
    private void Complete(PublishBatch.Waiting waiter, ErrorCode error)
    {
        var isStored = error is ErrorCode.None or ErrorCode.NotFound;
        gateway.LiveCounters.Count(error, 1);
        if (!isStored)
            Interlocked.Increment(ref _failed);
        waiter.Confirms?.Complete(waiter.Number, isStored);
    }
}

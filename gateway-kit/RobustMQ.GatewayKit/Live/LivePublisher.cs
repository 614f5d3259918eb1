using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.GatewayKit.Live;

/// <summary>
/// Gathers what one connection publishes within one read of its socket into a batch per log, and hands the batches over at the end of the read.
/// Used by one thread at a time.
/// </summary>
/// <remarks>
/// Nothing here is acknowledged to the client: live traffic that the storage-node does not take is counted as lost (<see cref="LiveCounters"/>) and the local
/// deliveries have happened all the same. A slow storage-node holds the publisher back through the gateway's <see cref="InFlightWindow"/>.
/// </remarks>
public sealed class LivePublisher(ILogClient logs, InFlightWindow window, LiveCounters counters) : IDisposable
{
    /// <summary>A batch is handed over when it has this many bytes: large enough that its fixed cost vanishes, small enough to stay in the processor's cache.</summary>
    private const int BatchBytesTarget = 64 * 1024;

    private readonly List<OpenBatch> _open = [];
    private OpenBatch? _last;

    /// <summary>Adds a record by subject. The caller has picked queue members already; see <see cref="AddPick"/>.</summary>
    public void Append(
        TopicRoute route, long timestampMs, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> value, ReadOnlySpan<byte> headers, int headerCount, SubscriberId origin)
    {
        var batch = BatchOf(route);
        if (batch.Builder.SizeBytes >= BatchBytesTarget)
            HandOver(batch, origin);
        batch.Builder.Append(timestampMs, RecordAttributes.KeyIsSubject, subject, value, headers, headerCount);
    }

    /// <summary>For the record appended last: a member of this queue group at another gateway gets it.</summary>
    public void AddPick(TopicRoute route, string queue, SubscriberId subscriber)
    {
        var batch = BatchOf(route);
        batch.Picks.Add(new QueuePick(batch.Builder.RecordCount - 1, queue, subscriber));
    }

    /// <summary>Hands over everything. Completes at once unless the storage-node is behind.</summary>
    public ValueTask FlushAsync(SubscriberId origin)
    {
        foreach (var batch in _open)
        {
            if (!batch.Builder.IsEmpty)
                HandOver(batch, origin);
        }
        return window.WaitAsync();
    }

    public void Dispose()
    {
        foreach (var batch in _open)
            batch.Builder.Dispose();
        _open.Clear();
        _last = null;
    }

    private OpenBatch BatchOf(TopicRoute route)
    {
        if (_last is { } last && ReferenceEquals(last.Route, route))
            return last;
        foreach (var batch in _open)
        {
            if (ReferenceEquals(batch.Route, route))
                return _last = batch;
        }
        return Open(route);
    }

    private OpenBatch Open(TopicRoute route)
    {
        // A connection that publishes to many logs keeps a builder for the latest few only.
        const int OpenMax = 16;
        if (_open.Count == OpenMax && _open.Find(static batch => batch.Builder.IsEmpty) is { } idle)
        {
            idle.Builder.Dispose();
            _open.Remove(idle);
        }
        var opened = new OpenBatch(route);
        _open.Add(opened);
        return _last = opened;
    }

    private void HandOver(OpenBatch batch, SubscriberId origin)
    {
        var route = batch.Route;
        var bytes = batch.Builder.Build();
        var request = new AppendRequest
        {
            Log = route.Log,
            Batch = bytes,
            IsOwnEncoding = true,
            Durability = route.IsLive ? Durability.Accepted : Durability.Written,
            Routing = new LiveRouting
            {
                Origin = origin,
                QueuesDecided = true,
                Picks = batch.Picks.Count == 0 ? default : batch.Picks.ToArray(),
                LiveOnly = route.IsLiveOnly,
            },
        };
        batch.Picks.Clear();

        var append = logs.AppendAsync(request);
        if (append.IsCompletedSuccessfully)
        {
            counters.Count(append.Result.Error, batch.Builder.RecordCount);
            batch.Builder.Reset();
            return;
        }
        window.Add(bytes.Length);
        _ = CompleteAsync(append, batch.Builder, bytes.Length);
        batch.Builder = new RecordBatchBuilder();
    }

    private async Task CompleteAsync(ValueTask<AppendResult> append, RecordBatchBuilder builder, int bytes)
    {
        var error = ErrorCode.Internal;
        try
        {
            error = (await append.ConfigureAwait(false)).Error;
        }
        finally
        {
            counters.Count(error, builder.RecordCount);
            builder.Dispose();
            window.Remove(bytes);
        }
    }

    private sealed class OpenBatch(TopicRoute route)
    {
        public TopicRoute Route { get; } = route;

        public RecordBatchBuilder Builder { get; set; } = new();

        public List<QueuePick> Picks { get; } = [];
    }
}

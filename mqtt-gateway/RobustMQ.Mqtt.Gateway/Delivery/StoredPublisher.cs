using RobustMQ.GatewayKit.Live;
using RobustMQ.Mqtt.Gateway.Retained;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>
/// Gathers what one connection publishes within one read and must be stored before it is acknowledged: one batch a log, flushed to the device. Used by one thread at a
/// time.
/// </summary>
internal sealed class StoredPublisher(ILogClient logs, RetainedStore retained, InFlightWindow window, LiveCounters counters)
{
    private readonly List<StoreBatch> _open = [];

    public bool IsEmpty => _open.Count == 0;

    public StoreBatch BatchOf(TopicRoute route, StoreKind kind)
    {
        foreach (var batch in _open)
        {
            if (ReferenceEquals(batch.Route, route) && batch.Kind == kind)
                return batch;
        }
        var opened = new StoreBatch(route, kind);
        _open.Add(opened);
        return opened;
    }

    /// <summary>Hands over everything; each batch's outcome is set when this returns.</summary>
    public void HandOver(SubscriberId origin)
    {
        foreach (var batch in _open)
            batch.Outcome = batch.Kind == StoreKind.Retained ? retained.StoreAsync(batch) : StoreAsync(batch, origin);
        _open.Clear();
    }

    private async Task<ErrorCode> StoreAsync(StoreBatch batch, SubscriberId origin)
    {
        var bytes = batch.Builder.Build();
        window.Add(bytes.Length);
        var error = ErrorCode.Internal;
        try
        {
            error = (await logs.AppendAsync(new AppendRequest
            {
                Log = batch.Route.Log,
                Batch = bytes,
                IsOwnEncoding = true,
                Durability = Durability.Durable,
                Routing = batch.Kind == StoreKind.Delayed ? default : new LiveRouting { Origin = origin, QueuesDecided = true, Picks = batch.TakePicks() },
            }).ConfigureAwait(false)).Error;
            return error;
        }
        finally
        {
            counters.Count(error, batch.Builder.RecordCount);
            window.Remove(bytes.Length);
            batch.Builder.Dispose();
        }
    }
}

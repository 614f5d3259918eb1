using System.Diagnostics.Metrics;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Nodes;

/// <summary>What a node counts, as meters (<c>RobustMQ.Storage</c>) and as totals for its statistics.</summary>
internal sealed class StorageMetrics : IDisposable
{
    public const string MeterName = "RobustMQ.Storage";

    private readonly Meter _meter = new(MeterName);
    private long _recordsAppended;
    private long _bytesAppended;
    private long _batchesAppended;
    private long _recordsRead;
    private long _bytesRead;
    private long _liveDelivered;
    private long _liveDropped;

    public StorageMetrics()
    {
        _meter.CreateObservableCounter("records.appended", () => RecordsAppended, "{record}");
        _meter.CreateObservableCounter("bytes.appended", () => BytesAppended, "By");
        _meter.CreateObservableCounter("batches.appended", () => BatchesAppended, "{batch}");
        _meter.CreateObservableCounter("records.read", () => RecordsRead, "{record}");
        _meter.CreateObservableCounter("bytes.read", () => BytesRead, "By");
        _meter.CreateObservableCounter("live.records.delivered", () => LiveRecordsDelivered, "{record}");
        _meter.CreateObservableCounter("live.records.dropped", () => LiveRecordsDropped, "{record}");
    }

    public long RecordsAppended => Interlocked.Read(ref _recordsAppended);

    public long BytesAppended => Interlocked.Read(ref _bytesAppended);

    public long BatchesAppended => Interlocked.Read(ref _batchesAppended);

    public long RecordsRead => Interlocked.Read(ref _recordsRead);

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public long LiveRecordsDelivered => Interlocked.Read(ref _liveDelivered);

    public long LiveRecordsDropped => Interlocked.Read(ref _liveDropped);

    public void Appended(ReadOnlySpan<byte> batch)
    {
        Interlocked.Add(ref _recordsAppended, new RecordBatchHeader(batch).RecordCount);
        Interlocked.Add(ref _bytesAppended, batch.Length);
        Interlocked.Increment(ref _batchesAppended);
    }

    public void Read(ReadOnlySpan<byte> batches)
    {
        var walker = new BatchWalker(batches);
        while (walker.MoveNext())
            Interlocked.Add(ref _recordsRead, new RecordBatchHeader(walker.Current).RecordCount);
        Interlocked.Add(ref _bytesRead, batches.Length);
    }

    public void LiveDelivered(long records) => Interlocked.Add(ref _liveDelivered, records);

    public void LiveDropped(long records) => Interlocked.Add(ref _liveDropped, records);

    /// <summary>Adds a present state that somebody else knows.</summary>
    public void Observe(string name, Func<long> read, string unit) => _meter.CreateObservableGauge(name, read, unit);

    /// <summary>Adds a total that somebody else keeps.</summary>
    public void Count(string name, Func<long> read, string unit) => _meter.CreateObservableCounter(name, read, unit);

    public void Dispose() => _meter.Dispose();
}

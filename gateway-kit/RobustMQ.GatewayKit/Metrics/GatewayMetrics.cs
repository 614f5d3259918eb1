using System.Diagnostics.Metrics;

namespace RobustMQ.GatewayKit.Metrics;

/// <summary>A gateway's counts as instruments of the meter <c>RobustMQ.Gateway</c>, tagged with its protocol. They are read at a scrape; counting costs nothing more.</summary>
public sealed class GatewayMetrics : IDisposable
{
    public const string MeterName = "RobustMQ.Gateway";

    private readonly Meter _meter = new(MeterName);
    private readonly Func<GatewayCounts> _read;
    private readonly KeyValuePair<string, object?> _protocol;

    /// <param name="protocol"><c>nats</c>, <c>mqtt</c>, ...</param>
    /// <param name="read">Called from any thread, a few times a scrape.</param>
    public GatewayMetrics(string protocol, Func<GatewayCounts> read)
    {
        _read = read;
        _protocol = new("protocol", protocol);
        Gauge("connections", "{connection}", static counts => counts.Connections);
        Gauge("subscriptions", "{subscription}", static counts => counts.Subscriptions);
        Counter("connections.accepted", "{connection}", static counts => counts.ConnectionsAccepted);
        Counter("logins.refused", "{login}", static counts => counts.LoginsRefused);
        Counter("slow_receivers", "{connection}", static counts => counts.SlowReceivers);
        Counter("messages.in", "{message}", static counts => counts.MessagesIn);
        Counter("bytes.in", "By", static counts => counts.BytesIn);
        Counter("messages.out", "{message}", static counts => counts.MessagesOut);
        Counter("bytes.out", "By", static counts => counts.BytesOut);
        Counter("messages.dropped", "{message}", static counts => counts.MessagesDropped);
        Counter("records.stored", "{record}", static counts => counts.RecordsStored);
        Counter("records.lost", "{record}", static counts => counts.RecordsLost);
        Counter("live.records.missed", "{record}", static counts => counts.LiveRecordsMissed);
    }

    public void Dispose() => _meter.Dispose();

    private void Gauge(string name, string unit, Func<GatewayCounts, long> select) =>
        _meter.CreateObservableGauge(name, () => new Measurement<long>(select(_read()), _protocol), unit);

    private void Counter(string name, string unit, Func<GatewayCounts, long> select) =>
        _meter.CreateObservableCounter(name, () => new Measurement<long>(select(_read()), _protocol), unit);
}

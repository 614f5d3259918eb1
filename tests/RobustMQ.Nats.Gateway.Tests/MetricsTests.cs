using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace RobustMQ.Nats.Gateway.Tests;

public sealed class MetricsTests
{
    [Fact]
    public async Task A_gateways_counts_are_instruments_tagged_with_its_protocol()
    {
        await using var gateway = await GatewayFixture.StartAsync("--auth:users:0:name", "ann", "--auth:users:0:password", "p");
        using var client = await gateway.ConnectAsync("""{"verbose":false,"user":"ann","pass":"p"}""");
        using (var stranger = await RawClient.ConnectAsync(gateway.EndPoint, null))
        {
            await stranger.SendAsync("CONNECT {\"user\":\"ann\",\"pass\":\"wrong\"}\r\n");
            await stranger.ReadToEndAsync();
        }
        await client.RoundTripAsync("SUB a 1\r\nPUB a 3\r\nabc\r\nPUB b 2\r\nde\r\n");

        // Other gateways of this process's tests count too: ours is the one with these numbers.
        var values = Observe();

        Assert.Contains(1L, values["connections"]);
        Assert.Contains(1L, values["subscriptions"]);
        Assert.Contains(2L, values["messages.in"]);
        Assert.Contains(5L, values["bytes.in"]);
        Assert.Contains(1L, values["messages.out"]);
        Assert.Contains(2L, values["records.stored"]);
        Assert.Contains(1L, values["logins.refused"]);
    }

    private static ConcurrentDictionary<string, List<long>> Observe()
    {
        var values = new ConcurrentDictionary<string, List<long>>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "RobustMQ.Gateway")
                listener.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            Assert.Equal("nats", Assert.Single(tags.ToArray()).Value);
            values.GetOrAdd(instrument.Name, static _ => []).Add(value);
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }
}

using System.Globalization;

namespace RobustMQ.Mqtt.Gateway.Monitoring;

/// <summary>The figures of this gateway under the names that Mosquitto has for the same (mosquitto(8), "Broker status"). Not thread-safe.</summary>
internal sealed class BrokerFigures(MqttGatewayState gateway)
{
    private static readonly string Version = $"RobustMQ version {typeof(BrokerFigures).Assembly.GetName().Version!.ToString(3)}";

    private readonly DateTimeOffset _startedAt = gateway.Now;
    private readonly Dictionary<string, LoadAverage> _loads = [];
    private readonly List<(string Name, string Value)> _figures = [];
    private DateTimeOffset _lastAt = gateway.Now;
    private int _clientsMost;
    private long _heapMost;

    /// <summary>All figures as of now; the list is this object's and valid until the next call.</summary>
    public IReadOnlyList<(string Name, string Value)> Take()
    {
        var elapsed = gateway.Now - _lastAt;
        _lastAt = gateway.Now;
        _figures.Clear();
        _figures.Add(("version", Version));
        Add("uptime", $"{(long)(gateway.Now - _startedAt).TotalSeconds} seconds");
        AddClients();
        Add("subscriptions/count", $"{gateway.Namespaces.SubscriptionCount}");
        AddTraffic(elapsed);
        AddHeap();
        return _figures;
    }

    private void AddClients()
    {
        var clients = 0;
        var ownSessions = 0;
        foreach (var connection in gateway.Connections.Open)
        {
            if (connection.Client is null)
                continue;
            clients++;
            if (connection.Stored is not null)
                ownSessions++;
        }
        _clientsMost = Math.Max(_clientsMost, clients);
        // A session may be gone already while its connection is still being put away.
        var away = Math.Max(gateway.Sessions.View.SessionCount - ownSessions, 0);
        Add("clients/connected", $"{clients}");
        Add("clients/active", $"{clients}");
        Add("clients/disconnected", $"{away}");
        Add("clients/inactive", $"{away}");
        Add("clients/total", $"{clients + away}");
        Add("clients/maximum", $"{_clientsMost}");
    }

    private void AddTraffic(TimeSpan elapsed)
    {
        var traffic = gateway.Connections.Totals();
        Add("bytes/received", $"{traffic.PacketBytesIn}");
        Add("bytes/sent", $"{traffic.PacketBytesOut}");
        Add("messages/received", $"{traffic.PacketsIn}");
        Add("messages/sent", $"{traffic.PacketsOut}");
        Add("publish/messages/received", $"{traffic.MessagesIn}");
        Add("publish/messages/sent", $"{traffic.MessagesOut}");
        Add("publish/messages/dropped", $"{traffic.Dropped}");
        Add("publish/bytes/received", $"{traffic.BytesIn}");
        Add("publish/bytes/sent", $"{traffic.BytesOut}");
        AddLoad("sockets", gateway.Connections.Total, elapsed);
        AddLoad("connections", gateway.Connections.Entered, elapsed);
        AddLoad("bytes/received", traffic.PacketBytesIn, elapsed);
        AddLoad("bytes/sent", traffic.PacketBytesOut, elapsed);
        AddLoad("messages/received", traffic.PacketsIn, elapsed);
        AddLoad("messages/sent", traffic.PacketsOut, elapsed);
        AddLoad("publish/received", traffic.MessagesIn, elapsed);
        AddLoad("publish/sent", traffic.MessagesOut, elapsed);
        AddLoad("publish/dropped", traffic.Dropped, elapsed);
    }

    private void AddHeap()
    {
        var heap = GC.GetTotalMemory(forceFullCollection: false);
        _heapMost = Math.Max(_heapMost, heap);
        Add("heap/current", $"{heap}");
        Add("heap/maximum", $"{_heapMost}");
    }

    private void AddLoad(string name, long total, TimeSpan elapsed)
    {
        if (!_loads.TryGetValue(name, out var load))
            _loads.Add(name, load = new LoadAverage());
        load.Add(total, elapsed);
        for (var at = 0; at < LoadAverage.Minutes.Length; at++)
            Add($"load/{name}/{LoadAverage.Minutes[at]}min", load.Averages[at].ToString("F2", CultureInfo.InvariantCulture));
    }

    private void Add(string name, string value) => _figures.Add((name, value));
}

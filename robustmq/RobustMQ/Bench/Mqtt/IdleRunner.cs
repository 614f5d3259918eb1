using System.Globalization;

namespace RobustMQ.Bench.Mqtt;

/// <summary>What a connection that says nothing costs a broker: its resident memory before and after many of them.</summary>
/// <param name="processId">Of the broker.</param>
internal sealed class IdleRunner(MqttServerAddress server, int processId)
{
    private const int WarmUp = 200;

    /// <summary>Memory that a burst of connecting needed is given back by then, where it is.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    public IdleRun Run(int connections)
    {
        // What a broker needs for its first connections is no part of the cost of one more.
        Open("warm", WarmUp).ForEach(static connection => connection.Dispose());
        Thread.Sleep(Settle);
        var before = ResidentBytes();
        var opened = Open("idle", connections);
        Thread.Sleep(Settle);
        var after = ResidentBytes();
        var lost = opened.Count(static connection => !IsAlive(connection));
        opened.ForEach(static connection => connection.Dispose());
        return new IdleRun(before, after, connections, lost);
    }

    private static bool IsAlive(MqttBenchConnection connection)
    {
        try
        {
            connection.Barrier();
            return true;
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private List<MqttBenchConnection> Open(string name, int count) =>
        [.. Enumerable.Range(0, count).Select(at => MqttBenchConnection.Open(server, $"bench-{name}-{Environment.ProcessId}-{at}", Timeout, bufferBytes: 64))];

    private long ResidentBytes()
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }
}

/// <param name="Lost">Connections that no longer answered at the end.</param>
internal sealed record IdleRun(long BytesBefore, long BytesAfter, int Connections, int Lost)
{
    public double BytesEach => (double)(BytesAfter - BytesBefore) / Connections;
}

namespace RobustMQ.Bench.Mqtt;

/// <summary>What a connection that says nothing costs a broker: its resident memory before and after many of them.</summary>
/// <param name="processId">Of the broker.</param>
internal sealed class IdleRunner(MqttServerAddress server, int processId)
{
    private const int WarmUp = 200;

    private readonly BrokerMemory _memory = new(processId);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    public async Task<IdleRun> RunAsync(int connections)
    {
        // What a broker needs for its first connections is no part of the cost of one more.
        Open("warm", WarmUp).ForEach(static connection => connection.Dispose());
        var before = await _memory.SettledBytesAsync().ConfigureAwait(false);
        var opened = Open("idle", connections);
        var after = await _memory.SettledBytesAsync().ConfigureAwait(false);
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
}

/// <param name="Lost">Connections that no longer answered at the end.</param>
internal sealed record IdleRun(long BytesBefore, long BytesAfter, int Connections, int Lost)
{
    public double BytesEach => (double)(BytesAfter - BytesBefore) / Connections;
}

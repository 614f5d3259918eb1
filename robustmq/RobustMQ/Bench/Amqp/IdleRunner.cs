namespace RobustMQ.Bench.Amqp;

/// <summary>Opens what does nothing, and tells what that costs the broker in memory. The broker runs on this machine.</summary>
internal sealed class IdleRunner(AmqpServerAddress server, int processId, TimeSpan timeout)
{
    private readonly BrokerMemory _memory = new(processId);

    /// <returns>Bytes for each connection with one channel.</returns>
    public async Task<double> MeasureConnectionsAsync(int count)
    {
        var before = await _memory.SettledBytesAsync().ConfigureAwait(false);
        var connections = new List<AmqpBenchConnection>(count);
        try
        {
            while (connections.Count < count)
                connections.Add(AmqpBenchConnection.Open(server, timeout));
            return (await _memory.SettledBytesAsync().ConfigureAwait(false) - before) / (double)count;
        }
        finally
        {
            connections.ForEach(static connection => connection.Dispose());
        }
    }

    /// <returns>Bytes for each durable queue without messages and consumers.</returns>
    public async Task<double> MeasureQueuesAsync(int count)
    {
        using var connection = AmqpBenchConnection.Open(server, timeout);
        var queues = new BenchQueues(connection, $"idle-{Guid.NewGuid():n}");
        var before = await _memory.SettledBytesAsync().ConfigureAwait(false);
        queues.Declare(count);
        try
        {
            return (await _memory.SettledBytesAsync().ConfigureAwait(false) - before) / (double)count;
        }
        finally
        {
            queues.Delete();
        }
    }
}

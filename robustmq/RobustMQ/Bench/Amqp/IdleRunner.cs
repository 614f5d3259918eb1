namespace RobustMQ.Bench.Amqp;

/// <summary>Opens what does nothing, and reads from <c>/proc</c> what that costs the broker in memory. The broker runs on this machine.</summary>
internal sealed class IdleRunner(AmqpServerAddress server, int processId, TimeSpan timeout)
{
    private const long PageBytes = 4096;

    /// <summary>Memory is asked for until it has stopped changing: brokers collect garbage when they like.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    /// <returns>Bytes for each connection with one channel.</returns>
    public double MeasureConnections(int count)
    {
        var before = SettledBytes();
        var connections = new List<AmqpBenchConnection>(count);
        try
        {
            while (connections.Count < count)
                connections.Add(AmqpBenchConnection.Open(server, timeout));
            return (SettledBytes() - before) / (double)count;
        }
        finally
        {
            connections.ForEach(static connection => connection.Dispose());
        }
    }

    /// <returns>Bytes for each durable queue without messages and consumers.</returns>
    public double MeasureQueues(int count)
    {
        using var connection = AmqpBenchConnection.Open(server, timeout);
        var queues = new BenchQueues(connection, $"idle-{Guid.NewGuid():n}");
        var before = SettledBytes();
        queues.Declare(count);
        try
        {
            return (SettledBytes() - before) / (double)count;
        }
        finally
        {
            queues.Delete();
        }
    }

    private long SettledBytes()
    {
        Thread.Sleep(Settling);
        return long.Parse(File.ReadAllText($"/proc/{processId}/statm").Split(' ')[1]) * PageBytes;
    }
}

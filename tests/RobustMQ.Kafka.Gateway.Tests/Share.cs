using Confluent.Kafka;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>A member of a group and what it is to read at the moment, as its polls find out.</summary>
internal sealed class Share(IConsumer<byte[], byte[]> consumer, bool isIncremental = false) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private HashSet<int> _partitions = [];
    private bool _isClosed;

    public IConsumer<byte[], byte[]> Consumer => consumer;

    public IReadOnlyCollection<int> Partitions => _partitions;

    public int Count => _partitions.Count;

    /// <summary>Times that its share was another than before.</summary>
    public int Rebalances { get; private set; }

    /// <summary>Partitions it has had and had to give away, one by one; only where a rebalance is incremental.</summary>
    public int Revoked { get; private set; }

    /// <summary>All of them poll in turn, as their group waits for each, until something holds.</summary>
    public static void PollUntil(Func<bool> isDone, params Share[] members)
    {
        for (var until = DateTime.UtcNow + Patience; !isDone();)
        {
            Assert.True(DateTime.UtcNow < until, $"shares: {string.Join(" | ", members.Select(static member => string.Join(',', member._partitions)))}");
            foreach (var member in members)
                member.Poll();
        }
    }

    /// <summary>Leaves the group.</summary>
    public void Close()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        consumer.Close();
    }

    /// <summary>A client that is let go of in the middle of a rebalance may never return from that: it leaves first.</summary>
    public void Dispose()
    {
        Close();
        consumer.Dispose();
    }

    private void Poll()
    {
        try
        {
            consumer.Consume(10);
        }
        catch (ConsumeException)
        {
            // Nothing yet: its coordinator moves, or it has lost its place and comes back.
        }
        var now = consumer.Assignment.Select(static partition => partition.Partition.Value).ToHashSet();
        if (now.SetEquals(_partitions))
            return;
        Rebalances++;
        if (isIncremental)
            Revoked += _partitions.Except(now).Count();
        _partitions = now;
    }
}

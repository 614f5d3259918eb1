namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>Partitions that the fetch sessions of all connections may remember. Who finds it taken has no session, and names its partitions in every fetch. Any thread.</summary>
internal sealed class FetchSessionRoom(int partitionsMax)
{
    private int _used;

    public bool TryTake()
    {
        if (Interlocked.Increment(ref _used) <= partitionsMax)
            return true;
        Interlocked.Decrement(ref _used);
        return false;
    }

    public void GiveBack(int partitions) => Interlocked.Add(ref _used, -partitions);
}

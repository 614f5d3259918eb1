namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>
/// Records of all answers that are being written. Clients that do not take theirs hold them in memory: where they hold as much as they may, a fetch is given one batch a time, so that everybody goes on
/// all the same. What reads that are under way will find is not foreseen. Any thread.
/// </summary>
internal sealed class FetchedBytes(long bytesMax)
{
    private long _used;

    /// <returns>Of what a client wants; at least 1, with which it is given one batch, however large.</returns>
    public int Allow(int wanted) => (int)Math.Clamp(bytesMax - Volatile.Read(ref _used), 1, wanted);

    public void Add(long bytes) => Interlocked.Add(ref _used, bytes);

    public void Remove(long bytes) => Interlocked.Add(ref _used, -bytes);
}

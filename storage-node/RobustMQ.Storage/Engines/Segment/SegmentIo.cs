namespace RobustMQ.Storage.Engines.Segment;

/// <summary>Counts what the logs of one directory ask of the device.</summary>
internal sealed class SegmentIo
{
    private long _syncs;
    private long _reads;

    public EngineIo Total => new(Interlocked.Read(ref _syncs), Interlocked.Read(ref _reads), 0);

    public void Synced(int calls) => Interlocked.Add(ref _syncs, calls);

    public void Read() => Interlocked.Increment(ref _reads);
}

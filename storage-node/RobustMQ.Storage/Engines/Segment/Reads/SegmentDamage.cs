namespace RobustMQ.Storage.Engines.Segment.Reads;

/// <summary>What a read found is not what was stored, unless the log was changed meanwhile. Never leaves the engine.</summary>
internal sealed class SegmentDamage(long at, string what) : Exception(what)
{
    public long At { get; } = at;

    public string What => Message;
}

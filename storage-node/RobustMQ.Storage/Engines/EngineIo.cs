namespace RobustMQ.Storage.Engines;

/// <summary>What an engine has asked of its devices since it was opened.</summary>
/// <param name="Syncs">Calls that bring bytes to a device: one serves everybody who waits for it, so fewer than appends is what is hoped for.</param>
/// <param name="Reads">Reads of stored batches on behalf of readers; what they share is one.</param>
/// <param name="TailReads">Reads that memory answered: they asked nothing of a device.</param>
public readonly record struct EngineIo(long Syncs, long Reads, long TailReads)
{
    public static EngineIo operator +(EngineIo left, EngineIo right) => new(left.Syncs + right.Syncs, left.Reads + right.Reads, left.TailReads + right.TailReads);
}

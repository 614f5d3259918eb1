namespace RobustMQ.Bench.Storage;

/// <summary>What one run of appends showed.</summary>
/// <param name="Syncs">Calls of the node that brought bytes to the device meanwhile.</param>
/// <param name="ProcessorSeconds">Of the node; 0 where it is not ours.</param>
internal sealed record AppendRun(double Seconds, long Records, long Bytes, long Syncs, double P50Us, double P99Us, double ProcessorSeconds)
{
    public double RecordRate => Records / Seconds;

    public double ByteRate => Bytes / Seconds;

    public double SyncsPerMillion => Syncs * 1e6 / Records;
}

namespace RobustMQ.Storage.Engines.Segment.Files;

/// <param name="RelativeOffset">Base offset of a batch minus that of its segment.</param>
/// <param name="Position">Where the batch begins in the file.</param>
/// <param name="MaxTimestampBeforeMs">Greatest timestamp of the batches before it, Unix ms.</param>
internal readonly record struct IndexEntry(uint RelativeOffset, int Position, long MaxTimestampBeforeMs)
{
    public static IndexEntry Beginning { get; } = new(0, 0, long.MinValue);
}

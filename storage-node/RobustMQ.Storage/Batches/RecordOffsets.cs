using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Batches;

/// <summary>Where the records of a batch are: some of those between its first and last offset may be missing.</summary>
internal static class RecordOffsets
{
    /// <summary>Offset of the record at an index among those that are there; <paramref name="orElse"/> where there are not so many, or the batch cannot be opened.</summary>
    public static long At(ReadOnlySpan<byte> batch, long index, long orElse)
    {
        using var opened = new OpenedBatch();
        if (!opened.TryOpen(batch))
            return orElse;
        var reader = opened.Read(batch);
        while (reader.MoveNext())
        {
            if (index-- == 0)
                return reader.Current.Offset.Value;
        }
        return orElse;
    }
}

namespace RobustMQ.Records.Batches;

/// <summary>How a batch's records are compressed: the lowest three attribute bits.</summary>
public enum Compression
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}

using System.Buffers;

namespace RobustMQ.Records.Batches;

/// <summary>
/// The records of one batch, uncompressed: a lease on pooled memory (or a view of the batch itself where it was not compressed).
/// Dispose it once, when nobody reads the records any more; feed <see cref="RecordReader(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/> with the batch's header and <see cref="Records"/>.
/// </summary>
public sealed class OpenedRecords : IDisposable
{
    private byte[]? _pooled;

    private OpenedRecords(ErrorCode error, ReadOnlyMemory<byte> records, byte[]? pooled)
    {
        Error = error;
        Records = records;
        _pooled = pooled;
    }

    /// <summary><see cref="ErrorCode.CorruptBatch"/> for bytes that cannot be decompressed, <see cref="ErrorCode.TooLarge"/> where they decompress to more than the caller allowed.</summary>
    public ErrorCode Error { get; }

    public bool Succeeded => Error == ErrorCode.None;

    /// <summary>Empty after a failure, and after <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Records { get; private set; }

    public void Dispose()
    {
        Records = default;
        if (Interlocked.Exchange(ref _pooled, null) is { } pooled)
            ArrayPool<byte>.Shared.Return(pooled);
    }

    internal static OpenedRecords View(ReadOnlyMemory<byte> records) => new(ErrorCode.None, records, null);

    /// <summary>Takes over a buffer from the shared pool.</summary>
    internal static OpenedRecords Lease(byte[] pooled, int length) => new(ErrorCode.None, pooled.AsMemory(0, length), pooled);

    internal static OpenedRecords Failed(ErrorCode error) => new(error, default, null);
}

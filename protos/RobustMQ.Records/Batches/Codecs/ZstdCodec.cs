using ZstdSharp;

namespace RobustMQ.Records.Batches.Codecs;

/// <summary>
/// Zstandard (RFC 8878). Decoded in one call straight into the output, which is its own window: a frame that asks for a large window costs no memory.
/// </summary>
internal static class ZstdCodec
{
    public static ErrorCode Decompress(ReadOnlySpan<byte> source, ref BoundedBytes target)
    {
        try
        {
            // The frame's own size, or an upper bound from its number of blocks (128 KiB each) where it does not say.
            var bound = Decompressor.GetDecompressedSize(source);
            if (!target.TryReserve((int)Math.Min(bound, (ulong)target.Left)))
                return ErrorCode.TooLarge;
            using var zstd = new Decompressor();
            if (!zstd.TryUnwrap(source, target.Free, out var written))
                return ErrorCode.TooLarge;
            target.Advance(written);
            return ErrorCode.None;
        }
        catch (ZstdException)
        {
            return ErrorCode.CorruptBatch;
        }
    }
}

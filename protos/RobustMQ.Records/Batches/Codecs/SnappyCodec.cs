using System.Buffers.Binary;
using Snappier;

namespace RobustMQ.Records.Batches.Codecs;

/// <summary>
/// Snappy: the xerial framing that Kafka's Java client writes, or one raw block as librdkafka and others write it.
/// <code>
/// framed: 82 'SNAPPY' 00 | version i32 | compatible version i32 | { block bytes i32 | raw block }*      integers big-endian
/// </code>
/// </summary>
internal static class SnappyCodec
{
    private const int FrameHeaderBytes = 16;
    private const int BlockPrefixBytes = sizeof(int);

    /// <summary>A copy element of three bytes makes 64: a block that claims more than this factor lies.</summary>
    private const int ExpansionMax = 22;

    private static ReadOnlySpan<byte> FrameMagic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    public static ErrorCode Decompress(ReadOnlySpan<byte> source, ref BoundedBytes target) =>
        source.StartsWith(FrameMagic) ? DecompressFramed(source, ref target) : DecompressBlock(source, ref target);

    private static ErrorCode DecompressFramed(ReadOnlySpan<byte> source, ref BoundedBytes target)
    {
        if (source.Length < FrameHeaderBytes)
            return ErrorCode.CorruptBatch;
        var rest = source[FrameHeaderBytes..];
        while (!rest.IsEmpty)
        {
            if (!BinaryPrimitives.TryReadInt32BigEndian(rest, out var bytes) || bytes <= 0 || bytes > rest.Length - BlockPrefixBytes)
                return ErrorCode.CorruptBatch;
            var error = DecompressBlock(rest.Slice(BlockPrefixBytes, bytes), ref target);
            if (error != ErrorCode.None)
                return error;
            rest = rest[(BlockPrefixBytes + bytes)..];
        }
        return ErrorCode.None;
    }

    private static ErrorCode DecompressBlock(ReadOnlySpan<byte> block, ref BoundedBytes target)
    {
        try
        {
            var length = Snappy.GetUncompressedLength(block);
            if (length < 0 || length > (long)block.Length * ExpansionMax)
                return ErrorCode.CorruptBatch;
            if (!target.TryReserve(length))
                return ErrorCode.TooLarge;
            if (!Snappy.TryDecompress(block, target.Free[..length], out var written) || written != length)
                return ErrorCode.CorruptBatch;
            target.Advance(written);
            return ErrorCode.None;
        }
        catch (InvalidDataException)
        {
            return ErrorCode.CorruptBatch;
        }
    }
}

using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace RobustMQ.Records.Batches.Codecs;

/// <summary>
/// One LZ4 frame (LZ4 Frame Format 1.6), blocks linked or independent. Decoded block by block straight into the contiguous output, which is also
/// the history of linked blocks. Dictionaries are not part of Kafka's use and are refused.
/// <code>
/// magic 04224d18 u32 | FLG | BD | [content size u64] | [dictionary id u32] | HC | { block size u32, bit 31: stored | block | [block xxh32] }* | 0 u32 | [content xxh32]
/// </code>
/// All integers little-endian; HC is the second byte of the xxh32 of FLG up to HC.
/// </summary>
internal static class Lz4FrameCodec
{
    /// <summary>Bytes of history that a linked block may refer to.</summary>
    private const int WindowBytes = 64 << 10;
    private const uint StoredFlag = 0x8000_0000;

    public static ErrorCode Decompress(ReadOnlySpan<byte> source, ref BoundedBytes target)
    {
        if (!Lz4FrameHeader.TryRead(source, out var header))
            return ErrorCode.CorruptBatch;
        var rest = source[header.Size..];
        while (TryReadUInt32(ref rest, out var prefix))
        {
            if (prefix == 0)
                return CheckEnd(header, rest, target.Written);
            var size = prefix & ~StoredFlag;
            if (size > header.BlockBytesMax || size > rest.Length)
                return ErrorCode.CorruptBatch;
            var block = rest[..(int)size];
            rest = rest[block.Length..];
            if (header.HasBlockChecksums && !(TryReadUInt32(ref rest, out var checksum) && checksum == XxHash32.Compute(block)))
                return ErrorCode.CorruptBatch;
            var error = prefix != size ? Store(block, ref target) : DecodeBlock(header, block, ref target);
            if (error != ErrorCode.None)
                return error;
        }
        return ErrorCode.CorruptBatch;
    }

    private static ErrorCode Store(ReadOnlySpan<byte> block, ref BoundedBytes target) =>
        target.TryWrite(block) ? ErrorCode.None : ErrorCode.TooLarge;

    private static ErrorCode DecodeBlock(in Lz4FrameHeader header, ReadOnlySpan<byte> block, ref BoundedBytes target)
    {
        // 255 bytes of output for one of input is the format's best.
        var room = (int)Math.Min(Math.Min(block.Length * 255L, header.BlockBytesMax), target.Left);
        if (!target.TryReserve(room))
            return ErrorCode.TooLarge;
        var history = header.BlocksAreLinked ? target.Written : default;
        if (history.Length > WindowBytes)
            history = history[^WindowBytes..];
        var written = LZ4Codec.Decode(block, target.Free[..room], history);
        if (written < 0)
            return room == target.Left ? ErrorCode.TooLarge : ErrorCode.CorruptBatch;
        target.Advance(written);
        return ErrorCode.None;
    }

    private static ErrorCode CheckEnd(in Lz4FrameHeader header, ReadOnlySpan<byte> rest, ReadOnlySpan<byte> content)
    {
        if (header.HasContentChecksum && !(TryReadUInt32(ref rest, out var checksum) && checksum == XxHash32.Compute(content)))
            return ErrorCode.CorruptBatch;
        return rest.IsEmpty && (header.ContentBytes ?? (ulong)content.Length) == (ulong)content.Length ? ErrorCode.None : ErrorCode.CorruptBatch;
    }

    private static bool TryReadUInt32(ref ReadOnlySpan<byte> rest, out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32LittleEndian(rest, out value))
            return false;
        rest = rest[sizeof(uint)..];
        return true;
    }
}

using System.Buffers.Binary;
using System.IO.Compression;

namespace RobustMQ.Records.Batches.Codecs;

/// <summary>gzip (RFC 1952), one member, by the framework. The framework does not mind a missing end, so the size in the trailer is compared here.</summary>
internal static class GzipCodec
{
    /// <summary>A header of 10 bytes and a trailer of 8: <c>crc32 u32 | content bytes u32</c>, little-endian.</summary>
    private const int SizeMin = 18;

    public static unsafe ErrorCode Decompress(ReadOnlySpan<byte> source, ref BoundedBytes target)
    {
        if (source.Length < SizeMin)
            return ErrorCode.CorruptBatch;
        fixed (byte* bytes = source)
        {
            using var compressed = new UnmanagedMemoryStream(bytes, source.Length);
            using var gzip = new GZipStream(compressed, CompressionMode.Decompress);
            try
            {
                var error = ReadToEnd(gzip, ref target);
                return error == ErrorCode.None && target.Length != ContentBytes(source) ? ErrorCode.CorruptBatch : error;
            }
            catch (InvalidDataException)
            {
                return ErrorCode.CorruptBatch;
            }
        }
    }

    private static uint ContentBytes(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadUInt32LittleEndian(source[^sizeof(uint)..]);

    private static ErrorCode ReadToEnd(GZipStream gzip, ref BoundedBytes target)
    {
        while (target.TryReserveSome())
        {
            var read = gzip.Read(target.Free);
            if (read == 0)
                return ErrorCode.None;
            target.Advance(read);
        }
        return gzip.ReadByte() < 0 ? ErrorCode.None : ErrorCode.TooLarge;
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
using CsCheck;
using K4os.Compression.LZ4.Streams;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

public class CompressionTests
{
    public static TheoryData<Compression> Codecs => new(Compression.Gzip, Compression.Snappy, Compression.Lz4, Compression.Zstd);

    [Theory]
    [MemberData(nameof(Codecs))]
    public void What_was_compressed_opens_to_the_same_records(Compression compression) =>
        AnyRecord.Some.Sample(
            records =>
            {
                var batch = Compressed(AnyRecord.Batch(records), compression);

                Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckFrame(batch, int.MaxValue));
                using var opened = RecordDecompressor.Open(batch, 1 << 20);
                Assert.Equal(ErrorCode.None, opened.Error);
                Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckRecords(batch.AsSpan(0, RecordBatchHeader.Size), opened.Records.Span));
                PlainRecord.AssertEqual(records, PlainRecord.ReadAll(new RecordReader(batch, opened.Records.Span)));
            },
            iter: 50,
            threads: 1);

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_small_batch_that_becomes_a_large_one_is_stopped_at_the_bound(Compression compression)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1, RecordAttributes.None, default, new byte[8 << 20]);
        var bomb = Compressed(builder.Build().ToArray(), compression);
        Assert.True(bomb.Length < 1 << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();

        using var opened = RecordDecompressor.Open(bomb, 64 << 10);

        Assert.Equal(ErrorCode.TooLarge, opened.Error);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    private static byte[] Compressed(byte[] batch, Compression compression)
    {
        var records = batch[RecordBatchHeader.Size..];
        byte[] compressed = [.. batch[..RecordBatchHeader.Size], .. Compress(records, compression)];
        BinaryPrimitives.WriteInt16BigEndian(compressed.AsSpan(21), (short)compression);
        BinaryPrimitives.WriteInt32BigEndian(compressed.AsSpan(8), compressed.Length - RecordBatchHeader.LengthPrefixSize);
        RecordBatchHeader.Seal(compressed);
        return compressed;
    }

    private static byte[] Compress(byte[] records, Compression compression)
    {
        if (compression == Compression.Snappy)
            return Snappier.Snappy.CompressToArray(records);
        var compressed = new MemoryStream();
        using (Stream stream = compression switch
        {
            Compression.Gzip => new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            Compression.Lz4 => LZ4Stream.Encode(compressed, leaveOpen: true),
            _ => new ZstdSharp.CompressionStream(compressed, leaveOpen: true),
        })
            stream.Write(records);
        return compressed.ToArray();
    }
}

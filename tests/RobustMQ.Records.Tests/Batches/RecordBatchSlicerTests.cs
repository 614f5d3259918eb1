using System.Buffers;
using CsCheck;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

public class RecordBatchSlicerTests
{
    [Fact]
    public void A_slice_holds_the_chosen_records_and_no_others() =>
        Gen.Select(AnyRecord.Some, Gen.Int[1, 4095]).Sample((records, choice) =>
        {
            int[] indexes = [.. Enumerable.Range(0, records.Count).Where(index => (choice >> index & 1) != 0)];
            if (indexes.Length == 0)
                return;
            var slice = new ArrayBufferWriter<byte>();

            Assert.Equal(ErrorCode.None, RecordBatchSlicer.Write(AnyRecord.Batch(records), indexes, slice));

            var header = new RecordBatchHeader(slice.WrittenSpan);
            Assert.Equal(slice.WrittenCount, header.TotalBytes);
            Assert.Equal(Crc32C.Compute(slice.WrittenSpan[RecordBatchHeader.CrcCoveredFrom..]), header.Crc);
            Assert.Equal(records.Count - 1, header.LastOffsetDelta);
            Assert.Equal(indexes.Max(index => records[index].TimestampMs), header.MaxTimestampMs);
            PlainRecord.AssertEqual([.. indexes.Select(index => records[index])], PlainRecord.ReadAll(new RecordReader(slice.WrittenSpan)));
        });

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 4 })]
    [InlineData(new[] { 1, 0 })]
    [InlineData(new[] { 1, 1 })]
    [InlineData(new[] { -1 })]
    [InlineData(new[] { 0, 1, 2, 3, 4 })]
    public void Records_that_are_not_there_give_an_error_and_no_bytes(int[] indexes)
    {
        var slice = new ArrayBufferWriter<byte>();

        Assert.Equal(ErrorCode.CorruptBatch, RecordBatchSlicer.Write(AnyRecord.Batch(Fixture.Records(withText: false)), indexes, slice));
        Assert.Equal(0, slice.WrittenCount);
    }

    [Theory]
    [InlineData("kafka-python-gzip")]
    [InlineData("kafka-python-snappy")]
    [InlineData("kafka-python-lz4")]
    [InlineData("kafka-python-zstd")]
    public void A_slice_of_a_compressed_batch_is_not_compressed(string name)
    {
        var batch = Fixture.Read(name);
        using var opened = RecordDecompressor.Open(batch, 1 << 20);
        var slice = new ArrayBufferWriter<byte>();

        Assert.Equal(ErrorCode.None, RecordBatchSlicer.Write(batch, opened.Records.Span, [1, 3], slice));

        Assert.Equal(Compression.None, new RecordBatchHeader(slice.WrittenSpan).Compression);
        var all = Fixture.Records(withText: true);
        PlainRecord.AssertEqual([all[1], all[3]], PlainRecord.ReadAll(new RecordReader(slice.WrittenSpan)));
    }
}

using System.Buffers.Binary;
using CsCheck;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

public class RecordBatchValidatorTests
{
    private static readonly byte[] Batch = AnyRecord.Batch(Fixture.Records(withText: false), new ProducerState(7, 0, 0));

    public static TheoryData<string> Fixtures => new(
        "kafka-python-none", "kafka-python-gzip", "kafka-python-snappy", "kafka-python-lz4", "kafka-python-zstd", "kafkajs-none", "kafkajs-gzip", "kafkajs-snappy");

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Every_bit_flip_is_refused_but_for_what_the_log_stamps(string name)
    {
        var batch = Fixture.Read(name);
        for (var bit = 0; bit < Math.Min(batch.Length, 1000) * 8; bit++)
        {
            batch[bit / 8] ^= (byte)(1 << bit % 8);
            var isStamped = bit / 8 is < 8 or (>= 12 and < 16);
            Assert.True(RecordBatchValidator.CheckFrame(batch, batch.Length) == (isStamped ? ErrorCode.None : ErrorCode.CorruptBatch), $"bit {bit}");
            batch[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [Fact]
    public void A_bit_flip_that_was_sealed_again_is_refused_or_reads_as_whole_records()
    {
        for (var bit = RecordBatchHeader.CrcCoveredFrom * 8; bit < Batch.Length * 8; bit++)
        {
            var batch = (byte[])Batch.Clone();
            batch[bit / 8] ^= (byte)(1 << bit % 8);
            RecordBatchHeader.Seal(batch);
            if (RecordBatchValidator.CheckFrame(batch, batch.Length) != ErrorCode.None
                || new RecordBatchHeader(batch).Compression != Compression.None
                || RecordBatchValidator.CheckRecords(batch) != ErrorCode.None)
                continue;
            Assert.Equal(new RecordBatchHeader(batch).RecordCount, PlainRecord.ReadAll(new RecordReader(batch)).Count);
        }
    }

    [Fact]
    public void Every_shortened_record_section_is_refused_even_when_it_is_sealed_again()
    {
        for (var length = RecordBatchHeader.Size; length < Batch.Length; length++)
        {
            var batch = Batch[..length];
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), length - 12);
            RecordBatchHeader.Seal(batch);
            Assert.NotEqual(ErrorCode.None, Check(batch));
        }
    }

    [Fact]
    public void A_batch_may_be_as_large_as_the_limit_and_not_a_byte_larger()
    {
        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckFrame(Batch, Batch.Length + 1));
        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckFrame(Batch, Batch.Length));
        Assert.Equal(ErrorCode.TooLarge, RecordBatchValidator.CheckFrame(Batch, Batch.Length - 1));
    }

    [Theory]
    [InlineData(16, "01")] // magic 1
    [InlineData(16, "03")] // magic 3
    [InlineData(57, "00000000")] // no records
    [InlineData(57, "FFFFFFFF")] // fewer than none
    [InlineData(57, "00000003")] // fewer than the offsets say
    [InlineData(57, "00000005")] // more
    [InlineData(57, "7FFFFFFF")]
    [InlineData(23, "FFFFFFFF")] // last offset delta -1
    [InlineData(23, "00000002")]
    [InlineData(23, "7FFFFFFF")]
    [InlineData(21, "0005")] // no such compression
    [InlineData(21, "0007")]
    [InlineData(43, "FFFFFFFFFFFFFFFE")] // producer id -2
    [InlineData(51, "FFFF")] // producer epoch -1 beside an id
    [InlineData(53, "FFFFFFFF")] // base sequence -1 beside an id
    [InlineData(8, "7FFFFFFF")] // length
    [InlineData(8, "80000000")]
    [InlineData(8, "00000000")]
    public void A_header_that_cannot_be_is_refused_even_when_it_is_sealed(int at, string hex)
    {
        var batch = (byte[])Batch.Clone();
        Convert.FromHexString(hex).CopyTo(batch, at);
        RecordBatchHeader.Seal(batch);

        Assert.Equal(ErrorCode.CorruptBatch, RecordBatchValidator.CheckFrame(batch, int.MaxValue));
    }

    [Theory]
    [InlineData("FFFF", "FFFFFFFF")]
    [InlineData("0000", "00000000")]
    public void Without_a_producer_id_epoch_and_sequence_mean_nothing(string epoch, string sequence)
    {
        var batch = (byte[])Batch.Clone();
        Convert.FromHexString("FFFFFFFFFFFFFFFF" + epoch + sequence).CopyTo(batch, 43);
        RecordBatchHeader.Seal(batch);

        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckFrame(batch, int.MaxValue));
    }

    [Theory]
    [InlineData("0E00000001010000", "longer than its fields")]
    [InlineData("0C000000010100" + "0C000000010100", "the same offset twice")]
    [InlineData("0C000000010100" + "0C000004010100", "an offset left out")]
    [InlineData("0C000002010100" + "0C000000010100", "offsets that descend")]
    [InlineData("0C000001010100" + "0C000000010100", "an offset before the batch")]
    [InlineData("00", "no bytes")]
    [InlineData("01", "fewer than no bytes")]
    [InlineData("0C000000030100", "a key of -2 bytes")]
    [InlineData("0C000000010300", "a value of -2 bytes")]
    [InlineData("0C000000080100", "a key longer than the record")]
    [InlineData("0C000000010800", "a value longer than the record")]
    [InlineData("0C000000010101", "fewer than no headers")]
    [InlineData("0C000000010102", "a header that is not there")]
    [InlineData("10000000010102" + "0100", "a header with a null name")]
    [InlineData("10000000010102" + "0003", "a header value of -2 bytes")]
    [InlineData("12000000010102" + "000000", "bytes behind the last header")]
    [InlineData("0C000000010100" + "00", "bytes behind the last record")]
    [InlineData("80808080808001", "a length of six bytes")]
    public void Records_that_cannot_be_are_refused(string hex, string reason)
    {
        var records = Convert.FromHexString(hex);
        var count = reason.Contains("offset", StringComparison.Ordinal) && !reason.Contains("before", StringComparison.Ordinal) ? 2 : 1;
        byte[] batch = [.. Batch[..RecordBatchHeader.Size], .. records];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), count - 1);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), count);

        Assert.True(RecordBatchValidator.CheckRecords(batch) == ErrorCode.CorruptBatch, reason);
        Assert.True(RecordBatchValidator.CheckRecords(batch.AsSpan(0, RecordBatchHeader.Size), records) == ErrorCode.CorruptBatch, reason);
    }

    [Fact]
    public void The_smallest_record_is_accepted()
    {
        byte[] batch = [.. Batch[..RecordBatchHeader.Size], .. Convert.FromHexString("0C000000010100")];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), 0);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), 1);

        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckRecords(batch));
    }

    [Fact]
    public void Whatever_the_builder_makes_is_valid() =>
        AnyRecord.Some.Sample(records => Check(AnyRecord.Batch(records)) == ErrorCode.None);

    private static ErrorCode Check(byte[] batch) =>
        RecordBatchValidator.CheckFrame(batch, int.MaxValue) is var error and not ErrorCode.None ? error : RecordBatchValidator.CheckRecords(batch);
}

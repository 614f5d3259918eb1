using System.Globalization;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

/// <summary>A batch put together by hand from Kafka's description of the format, field by field; its checksum was computed bit by bit.</summary>
public class GoldenBatchTests
{
    private static readonly byte[] Golden = Hex(
        "00000000000003E8", // base offset 1000
        "0000004F", // bytes that follow: 79
        "00000009", // leader epoch 9
        "02", // magic
        "EDE8D709", // CRC-32C
        "0000", // attributes
        "00000001", // last offset delta
        "0000018BCFE56800", // base timestamp
        "0000018BCFE5692C", // max timestamp
        "0000000000000007", // producer id
        "0002", // producer epoch
        "00000005", // base sequence
        "00000002", // records
        "1C", // first record: 14 bytes
        "01", // attributes: the key is the subject
        "00", // timestamp delta 0
        "00", // offset delta 0
        "06612E62", // key "a.b"
        "0A68656C6C6F", // value "hello"
        "00", // no headers
        "1C", // second record: 14 bytes
        "00",
        "D804", // timestamp delta 300
        "02", // offset delta 1
        "01", // null key
        "01", // null value
        "04", // two headers
        "02680231", // "h" = "1"
        "026E01"); // "n" = null

    private static readonly List<PlainRecord> Records =
    [
        new(1000, 1_700_000_000_000, "a.b"u8.ToArray(), "hello"u8.ToArray(), [], RecordAttributes.KeyIsSubject),
        new(1001, 1_700_000_000_300, null, null, [new("h", "1"u8.ToArray()), new("n", null)]),
    ];

    [Fact]
    public void The_header_says_what_its_fields_say()
    {
        var header = new RecordBatchHeader(Golden);

        Assert.Equal(new Offset(1000), header.BaseOffset);
        Assert.Equal(new Offset(1001), header.LastOffset);
        Assert.Equal(Golden.Length, header.TotalBytes);
        Assert.Equal(new Epoch(9), header.LeaderEpoch);
        Assert.Equal(2, header.Magic);
        Assert.Equal(Crc32C.Compute(Golden.AsSpan(21)), header.Crc);
        Assert.Equal(Compression.None, header.Compression);
        Assert.Equal(1, header.LastOffsetDelta);
        Assert.Equal(1_700_000_000_000, header.BaseTimestampMs);
        Assert.Equal(1_700_000_000_300, header.MaxTimestampMs);
        Assert.Equal(7, header.ProducerId);
        Assert.Equal(2, header.ProducerEpoch);
        Assert.Equal(5, header.BaseSequence);
        Assert.Equal(2, header.RecordCount);
    }

    [Fact]
    public void It_is_valid_and_its_records_are_read()
    {
        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckFrame(Golden, Golden.Length));
        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckRecords(Golden));
        PlainRecord.AssertEqual(Records, PlainRecord.ReadAll(new RecordReader(Golden)));
    }

    [Fact]
    public void The_builder_writes_the_same_bytes_once_the_log_has_stamped_them()
    {
        var batch = AnyRecord.Batch(Records, new ProducerState(7, 2, 5));
        RecordBatchHeader.Stamp(batch, new Offset(1000), new Epoch(9));

        Assert.Equal(Convert.ToHexString(Golden), Convert.ToHexString(batch));
    }

    [Fact]
    public void A_producer_assigned_later_gives_the_same_bytes()
    {
        var batch = AnyRecord.Batch(Records);
        RecordBatchHeader.Assign(batch, new ProducerState(7, 2, 5));
        RecordBatchHeader.Stamp(batch, new Offset(1000), new Epoch(9));

        Assert.Equal(Golden, batch);
    }

    [Fact]
    public void Every_prefix_is_refused()
    {
        for (var length = 0; length < Golden.Length; length++)
            Assert.Equal(ErrorCode.CorruptBatch, RecordBatchValidator.CheckFrame(Golden.AsSpan(0, length), Golden.Length));
    }

    [Fact]
    public void Bytes_behind_it_are_refused() => Assert.Equal(ErrorCode.CorruptBatch, RecordBatchValidator.CheckFrame([.. Golden, 0], 1000));

    private static byte[] Hex(params string[] fields) => [.. fields.SelectMany(field => field.Chunk(2)).Select(pair => byte.Parse(pair, NumberStyles.HexNumber))];
}

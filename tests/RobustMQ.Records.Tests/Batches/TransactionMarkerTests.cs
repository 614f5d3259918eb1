using System.Buffers.Binary;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

public sealed class TransactionMarkerTests
{
    [Theory]
    [InlineData(true, 5, "08", "00000001", "0C", "000000000005")]
    [InlineData(false, 0x01020304, "08", "00000000", "0C", "000001020304")]
    public void A_marker_has_the_bytes_that_the_protocol_says(bool isCommit, int coordinatorEpoch, string keyLength, string key, string valueLength, string value)
    {
        var batch = new TransactionMarker(isCommit, coordinatorEpoch).ToBatch(77, 3, 1_234);
        var header = new RecordBatchHeader(batch);
        Assert.Equal((0x30, 77L, 3, -1, 1, 1_234L), (header.Attributes, header.ProducerId, header.ProducerEpoch, header.BaseSequence, header.RecordCount, header.BaseTimestampMs));
        // Length, attributes, timestamp delta and offset delta come before, the number of headers behind.
        Assert.Equal($"20000000{keyLength}{key}{valueLength}{value}00", Convert.ToHexString(batch.AsSpan(RecordBatchHeader.Size)));
        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckFrame(batch, 1 << 20));
        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckRecords(batch));
        Assert.True(TransactionMarker.TryRead(batch, out var read));
        Assert.Equal(new TransactionMarker(isCommit, coordinatorEpoch), read);
    }

    [Fact]
    public void What_is_no_marker_is_not_read_as_one()
    {
        var marker = new TransactionMarker(true, 1).ToBatch(77, 3, 0);
        foreach (var attributes in new short[] { 0, RecordBatchHeader.ControlFlag, RecordBatchHeader.TransactionalFlag, 0x31 })
        {
            BinaryPrimitives.WriteInt16BigEndian(marker.AsSpan(RecordBatchHeader.CrcCoveredFrom), attributes);
            Assert.False(TransactionMarker.TryRead(marker, out _));
        }
        foreach (var (key, value) in new[] { ("000000", "000000000001"), ("00000001", "0000000000"), ("00000002", "000000000001"), ("FFFF0001", "000000000001") })
            Assert.False(TransactionMarker.TryRead(Batch(Convert.FromHexString(key), Convert.FromHexString(value)), out _));
        // Later versions may say more.
        Assert.True(TransactionMarker.TryRead(Batch(Convert.FromHexString("0001000100"), Convert.FromHexString("00010000000107")), out var later));
        Assert.Equal(new TransactionMarker(true, 1), later);
    }

    [Fact]
    public void A_transaction_without_a_producer_is_no_batch()
    {
        var marker = new TransactionMarker(true, 1).ToBatch(77, 3, 0);
        RecordBatchHeader.Assign(marker, ProducerState.None);
        Assert.Equal(ErrorCode.CorruptBatch, RecordBatchValidator.CheckFrame(marker, 1 << 20));
    }

    private static byte[] Batch(byte[] key, byte[] value)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(0, RecordAttributes.None, key, value);
        var batch = builder.Build().ToArray();
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(RecordBatchHeader.CrcCoveredFrom), RecordBatchHeader.ControlFlag | RecordBatchHeader.TransactionalFlag);
        RecordBatchHeader.Assign(batch, new ProducerState(77, 3, -1));
        return batch;
    }
}

using System.Buffers.Binary;
using CsCheck;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

public class RecordReaderTests
{
    [Fact]
    public void Offsets_count_from_the_base_offset() =>
        Gen.Select(AnyRecord.Some, Gen.Long[0, long.MaxValue / 2]).Sample((records, baseOffset) =>
        {
            var batch = AnyRecord.Batch(records);
            RecordBatchHeader.Stamp(batch, new Offset(baseOffset), new Epoch(1));
            PlainRecord.AssertEqual(
                [.. records.Select(record => record with { Offset = record.Offset + baseOffset })], PlainRecord.ReadAll(new RecordReader(batch)));
        });

    [Fact]
    public void The_encoded_records_one_behind_the_other_are_the_batch() =>
        AnyRecord.Some.Sample(records =>
        {
            var batch = AnyRecord.Batch(records);
            var encoded = new List<byte>(batch[..RecordBatchHeader.Size]);
            var reader = new RecordReader(batch);
            while (reader.MoveNext())
                encoded.AddRange(reader.CurrentEncoded);
            return encoded.SequenceEqual(batch);
        });

    [Fact]
    public void With_append_time_every_record_has_the_time_of_the_batch()
    {
        var batch = AnyRecord.Batch(Fixture.Records(withText: false));
        batch[22] |= (byte)RecordBatchHeader.LogAppendTimeFlag;
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(35), 1234);

        Assert.All(PlainRecord.ReadAll(new RecordReader(batch)), record => Assert.Equal(1234, record.TimestampMs));
    }

    [Fact]
    public void A_batch_with_gaps_is_read()
    {
        byte[] batch = [.. AnyRecord.Batch(Fixture.Records(withText: false))[..RecordBatchHeader.Size], .. Convert.FromHexString("0C0000020101000C000006010100")];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), 2);

        Assert.Equal([1L, 3L], PlainRecord.ReadAll(new RecordReader(batch)).Select(record => record.Offset));
    }

    [Fact]
    public void A_prefix_of_the_records_is_malformed()
    {
        var batch = AnyRecord.Batch(Fixture.Records(withText: false));
        for (var length = RecordBatchHeader.Size; length < batch.Length; length++)
        {
            var reader = new RecordReader(batch.AsSpan(0, length));
            while (reader.MoveNext())
            {
            }
            Assert.True(reader.IsMalformed, $"{length} bytes");
            Assert.False(reader.MoveNext());
        }
    }

    [Fact]
    public void Any_bytes_are_read_or_malformed_and_never_an_exception() =>
        Gen.Select(AnyRecord.Some, Gen.Byte.Array[0, 60]).Sample((records, bytes) =>
        {
            var reader = new RecordReader(AnyRecord.Batch(records), bytes);
            var read = 0;
            for (; reader.MoveNext(); read++)
            {
                foreach (var header in reader.Current.Headers)
                    Assert.True(header.Name.Length <= bytes.Length);
            }
            return reader.IsMalformed || read == records.Count;
        });
}

using System.Buffers.Binary;
using CsCheck;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

public class BatchReaderTests
{
    [Fact]
    public void Batches_are_walked_one_by_one() =>
        AnyRecord.Some.List[0, 4].Sample(lists =>
        {
            var batches = lists.ConvertAll(records => AnyRecord.Batch(records));
            var reader = new BatchReader(batches.SelectMany(batch => batch).ToArray());
            foreach (var batch in batches)
            {
                Assert.True(reader.MoveNext());
                Assert.Equal(batch, reader.Current.ToArray());
            }
            Assert.False(reader.MoveNext());
            Assert.False(reader.IsMalformed);
            Assert.Equal(batches.Sum(batch => batch.Length), reader.Position);
        });

    [Fact]
    public void A_prefix_ends_at_the_last_whole_batch()
    {
        var one = Fixture.Read("kafkajs-none");
        byte[] two = [.. one, .. one];
        for (var length = 0; length < two.Length; length++)
        {
            var reader = new BatchReader(two.AsMemory(0, length));
            var whole = 0;
            while (reader.MoveNext())
                whole++;

            Assert.Equal(length / one.Length, whole);
            Assert.Equal(length % one.Length != 0, reader.IsMalformed);
            Assert.Equal(whole * one.Length, reader.Position);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(RecordBatchHeader.Size - RecordBatchHeader.LengthPrefixSize - 1)]
    public void A_length_that_cannot_be_ends_the_walk(int length)
    {
        var batch = Fixture.Read("kafkajs-none");
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), length);
        var reader = new BatchReader(batch);

        Assert.False(reader.MoveNext());
        Assert.True(reader.IsMalformed);
    }
}

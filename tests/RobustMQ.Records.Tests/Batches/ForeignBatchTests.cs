using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

public class ForeignBatchTests
{
    public static TheoryData<string, Compression> Names => new()
    {
        { "kafka-python-none", Compression.None },
        { "kafka-python-gzip", Compression.Gzip },
        { "kafka-python-snappy", Compression.Snappy },
        { "kafka-python-lz4", Compression.Lz4 },
        { "kafka-python-zstd", Compression.Zstd },
        { "kafkajs-none", Compression.None },
        { "kafkajs-gzip", Compression.Gzip },
        { "kafkajs-snappy", Compression.Snappy },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_batch_of_another_client_is_accepted_and_read(string name, Compression compression)
    {
        var batch = Fixture.Read(name);

        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckFrame(batch, batch.Length));
        Assert.Equal(compression, new RecordBatchHeader(batch).Compression);
        using var opened = RecordDecompressor.Open(batch, 1 << 20);
        Assert.True(opened.Succeeded);
        var expected = Fixture.Records(withText: compression != Compression.None);
        PlainRecord.AssertEqual(expected, PlainRecord.ReadAll(new RecordReader(batch, opened.Records.Span)));
    }

    [Fact]
    public void The_builder_writes_the_bytes_that_kafka_python_writes()
    {
        using var builder = new RecordBatchBuilder();
        var headers = new RecordHeadersBuilder();
        foreach (var record in Fixture.Records(withText: false))
        {
            headers.Clear();
            foreach (var header in record.Headers)
                headers.Add(System.Text.Encoding.UTF8.GetBytes(header.Name), header.Value);
            builder.AppendNullable(record.TimestampMs, RecordAttributes.None, record.Key, record.Value, headers);
        }
        var golden = Fixture.Read("kafka-python-none");
        RecordBatchHeader.Stamp(golden, Offset.Zero, Epoch.None);

        Assert.Equal(golden, builder.Build().ToArray());
    }

    [Fact]
    public void Producer_fields_of_an_idempotent_producer_are_read()
    {
        var header = new RecordBatchHeader(Fixture.Read("kafkajs-gzip"));

        Assert.Equal(4000, header.ProducerId);
        Assert.Equal(3, header.ProducerEpoch);
        Assert.Equal(int.MaxValue - 1, header.BaseSequence);
        Assert.NotEqual(0, header.Attributes & RecordBatchHeader.TransactionalFlag);
    }
}

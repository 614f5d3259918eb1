using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

public class RecordDecompressorTests
{
    private static readonly int RecordsBytes = OpenedLength("kafka-python-gzip");

    public static TheoryData<string> Compressed =>
        new("kafka-python-gzip", "kafka-python-snappy", "kafka-python-lz4", "kafka-python-zstd", "kafkajs-gzip", "kafkajs-snappy");

    [Theory]
    [MemberData(nameof(Compressed))]
    public void The_output_bound_holds_to_the_byte(string name)
    {
        var batch = Fixture.Read(name);

        using var enough = RecordDecompressor.Open(batch, RecordsBytes);
        using var short1 = RecordDecompressor.Open(batch, RecordsBytes - 1);
        using var nothing = RecordDecompressor.Open(batch, 0);

        Assert.Equal(ErrorCode.None, enough.Error);
        Assert.Equal(ErrorCode.TooLarge, short1.Error);
        Assert.True(short1.Records.IsEmpty);
        Assert.Equal(ErrorCode.TooLarge, nothing.Error);
    }

    [Theory]
    [MemberData(nameof(Compressed))]
    public void A_prefix_is_an_error_or_fewer_records_and_never_an_exception(string name)
    {
        var batch = Fixture.Read(name);
        for (var length = RecordBatchHeader.Size; length < batch.Length; length += length < 400 ? 1 : 97)
        {
            using var opened = RecordDecompressor.Open(batch.AsMemory(0, length), 1 << 20);
            if (opened.Succeeded)
                Assert.True(ReadsMalformed(batch, opened.Records.Span), $"prefix of {length} bytes was read as whole");
        }
    }

    [Theory]
    [MemberData(nameof(Compressed))]
    public void Mutated_bytes_are_an_error_or_other_bytes_and_never_an_exception(string name)
    {
        const int Seed = 20260729;
        var random = new Random(Seed);
        var batch = Fixture.Read(name);
        for (var round = 0; round < 2000; round++)
        {
            var mutated = (byte[])batch.Clone();
            for (var flips = random.Next(1, 6); flips > 0; flips--)
                mutated[random.Next(RecordBatchHeader.Size, random.Next(2) == 0 ? mutated.Length : RecordBatchHeader.Size + 64)] = (byte)random.Next(256);
            try
            {
                using var opened = RecordDecompressor.Open(mutated, 1 << 20);
                Assert.True(opened.Records.Length <= 1 << 20);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, round {round}: {e}");
            }
        }
    }

    [Theory]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Snappy)]
    [InlineData(Compression.Lz4)]
    [InlineData(Compression.Zstd)]
    [InlineData((Compression)5)]
    [InlineData((Compression)7)]
    public void Random_bytes_are_corrupt_whatever_the_codec(Compression compression)
    {
        const int Seed = 4711;
        var random = new Random(Seed);
        for (var length = 0; length < 300; length++)
        {
            var batch = new byte[RecordBatchHeader.Size + length];
            random.NextBytes(batch.AsSpan(RecordBatchHeader.Size));
            batch[22] = (byte)compression;

            using var opened = RecordDecompressor.Open(batch, 1 << 20);

            Assert.False(opened.Succeeded && opened.Records.Length > 0 && !ReadsMalformed(batch, opened.Records.Span), $"seed {Seed}, length {length}");
        }
    }

    [Fact]
    public void Records_of_an_uncompressed_batch_are_a_slice_of_it()
    {
        ReadOnlyMemory<byte> batch = Fixture.Read("kafkajs-none");

        using var opened = RecordDecompressor.Open(batch, batch.Length);

        Assert.True(opened.Records.Span.Overlaps(batch.Span, out var at));
        Assert.Equal(-RecordBatchHeader.Size, at);
    }

    [Fact]
    public void Borrowed_bytes_are_never_kept()
    {
        var batch = Fixture.Read("kafkajs-none");

        using var opened = RecordDecompressor.Decompress(batch, batch.Length);

        Assert.False(opened.Records.Span.Overlaps(batch));
        Assert.True(opened.Records.Span.SequenceEqual(batch.AsSpan(RecordBatchHeader.Size)));
    }

    [Fact]
    public void A_disposed_lease_shows_nothing_and_may_be_disposed_again()
    {
        var opened = RecordDecompressor.Open(Fixture.Read("kafka-python-zstd"), 1 << 20);
        opened.Dispose();
        opened.Dispose();

        Assert.True(opened.Records.IsEmpty);
    }

    private static bool ReadsMalformed(ReadOnlySpan<byte> batch, ReadOnlySpan<byte> records)
    {
        var reader = new RecordReader(batch, records);
        while (reader.MoveNext())
        {
        }
        return reader.IsMalformed;
    }

    private static int OpenedLength(string name)
    {
        using var opened = RecordDecompressor.Open(Fixture.Read(name), int.MaxValue);
        return opened.Records.Length;
    }
}

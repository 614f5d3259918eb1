using System.Buffers;
using CsCheck;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

public class RecordBatchBuilderTests
{
    [Fact]
    public void Whatever_is_added_is_read_back() =>
        AnyRecord.Some.Sample(records => PlainRecord.AssertEqual(records, PlainRecord.ReadAll(new RecordReader(AnyRecord.Batch(records)))));

    [Fact]
    public void The_greatest_timestamp_is_noted_wherever_it_stands() =>
        AnyRecord.Some.Sample(records =>
        {
            var header = new RecordBatchHeader(AnyRecord.Batch(records));
            return header.MaxTimestampMs == records.Max(record => record.TimestampMs) && header.BaseTimestampMs == records[0].TimestampMs;
        });

    [Fact]
    public void The_size_is_known_before_the_batch_is_built() =>
        AnyRecord.Some.Sample(records =>
        {
            using var builder = new RecordBatchBuilder();
            foreach (var record in records)
                builder.AppendNullable(record.TimestampMs, record.Attributes, record.Key, record.Value);
            return builder.SizeBytes == builder.Build().Length && builder.RecordCount == records.Count;
        });

    [Fact]
    public void A_builder_that_was_reset_makes_what_a_new_one_makes() =>
        Gen.Select(AnyRecord.Some, AnyRecord.Some).Sample((before, records) =>
        {
            using var builder = new RecordBatchBuilder();
            foreach (var record in before)
                builder.AppendNullable(record.TimestampMs, record.Attributes, record.Key, record.Value);
            builder.Reset();
            foreach (var record in records)
                builder.AppendNullable(record.TimestampMs, record.Attributes, record.Key, record.Value);
            return builder.Build().Span.SequenceEqual(AnyRecord.Batch(records.Select(record => record with { Headers = [] })));
        });

    [Fact]
    public void A_value_in_segments_is_the_same_value()
    {
        using var whole = new RecordBatchBuilder();
        using var pieces = new RecordBatchBuilder();
        whole.Append(1, RecordAttributes.None, "k"u8, "hello there"u8);
        pieces.Append(1, RecordAttributes.None, "k"u8, Segment.Chain("hel"u8, ""u8, "lo there"u8), default, 0);

        Assert.Equal(whole.Build().ToArray(), pieces.Build().ToArray());
    }

    [Fact]
    public void A_batch_has_at_least_one_record()
    {
        using var builder = new RecordBatchBuilder();
        Assert.True(builder.IsEmpty);
        Assert.Throws<InvalidOperationException>(() => builder.Build());
    }

    [Fact]
    public void Megabytes_are_one_batch_and_are_not_kept()
    {
        using var builder = new RecordBatchBuilder();
        var large = new byte[5 << 20];
        builder.Append(1, RecordAttributes.None, default, large);
        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckFrame(builder.Build().Span, int.MaxValue));

        builder.Reset();
        builder.Append(1, RecordAttributes.None, "k"u8, "v"u8);

        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckRecords(builder.Build().Span));
    }

    [Fact]
    public void A_disposed_builder_can_be_used_again()
    {
        var builder = new RecordBatchBuilder();
        builder.Append(1, RecordAttributes.None, "k"u8, "v"u8);
        builder.Dispose();
        Assert.True(builder.IsEmpty);
        builder.Append(1, RecordAttributes.None, "k"u8, "v"u8);

        Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckRecords(builder.Build().Span));
        builder.Dispose();
    }

    [Fact]
    public void Large_headers_are_written_and_forgotten()
    {
        var headers = new RecordHeadersBuilder();
        headers.Add("large"u8, new byte[100_000]);
        headers.AddNull("n"u8);
        using var builder = new RecordBatchBuilder();
        builder.Append(1, RecordAttributes.None, default, default, headers);
        headers.Clear();
        Assert.Equal(0, headers.Count);
        Assert.True(headers.Encoded.IsEmpty);

        var record = Assert.Single(PlainRecord.ReadAll(new RecordReader(builder.Build().Span)));
        Assert.Equal(["large", "n"], record.Headers.Select(header => header.Name));
        Assert.Equal(100_000, record.Headers[0].Value!.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Chain(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
        {
            var start = new Segment { Memory = first.ToArray() };
            var end = start.Then(second).Then(third);
            return new ReadOnlySequence<byte>(start, 0, end, end.Memory.Length);
        }

        private Segment Then(ReadOnlySpan<byte> bytes)
        {
            var next = new Segment { Memory = bytes.ToArray(), RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}

using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Fuzz.Batches;

/// <summary>Any bytes where a batch belongs: a result, never an exception, and never more memory than was allowed.</summary>
public class RecordBatchFuzz
{
    private const int RecordsBytesMax = 256 << 10;

    [Fact]
    public void Any_bytes_are_a_batch_or_an_error() => Fuzzing.Run("batches", rounds: 15_000, Check);

    [Fact]
    public void Any_bytes_behind_a_valid_frame_are_records_or_an_error() => Fuzzing.Run(
        "batches", rounds: 15_000, static (input, mutation) =>
        {
            if (input.Length < RecordBatchHeader.Size)
                return;
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(input.AsSpan(8), input.Length - RecordBatchHeader.LengthPrefixSize);
            RecordBatchHeader.Seal(input);
            Check(input, mutation);
        });

    private static void Check(byte[] input, Mutation mutation)
    {
        var walked = 0;
        for (var batches = new BatchReader(input); batches.MoveNext(); walked += batches.Current.Length)
            Assert.InRange(batches.Current.Length, RecordBatchHeader.Size, input.Length - walked);

        var isFrame = RecordBatchValidator.CheckFrame(input, input.Length) == ErrorCode.None;
        if (input.Length < RecordBatchHeader.Size)
        {
            Assert.False(isFrame);
            return;
        }
        using var opened = RecordDecompressor.Open(input, RecordsBytesMax);
        Assert.InRange(opened.Records.Length, 0, RecordsBytesMax);
        if (!opened.Succeeded)
            return;
        var read = Read(input, opened.Records.Span, out var isMalformed);
        if (RecordBatchValidator.CheckRecords(input.AsSpan(0, RecordBatchHeader.Size), opened.Records.Span) == ErrorCode.None)
        {
            Assert.False(isMalformed);
            Assert.Equal(new RecordBatchHeader(input).RecordCount, read);
        }
        if (isFrame && !isMalformed)
            Slice(input, opened.Records.Span, read);
    }

    private static int Read(ReadOnlySpan<byte> header, ReadOnlySpan<byte> records, out bool isMalformed)
    {
        var reader = new RecordReader(header, records);
        var read = 0;
        var bytes = 0L;
        for (; reader.MoveNext(); read++)
        {
            bytes += reader.Current.Key.Length + reader.Current.Value.Length;
            foreach (var recordHeader in reader.Current.Headers)
                bytes += recordHeader.Name.Length + recordHeader.Value.Length;
        }
        Assert.True(bytes <= records.Length);
        isMalformed = reader.IsMalformed;
        return read;
    }

    private static void Slice(ReadOnlySpan<byte> header, ReadOnlySpan<byte> records, int count)
    {
        var slice = new ArrayBufferWriter<byte>();
        Assert.Equal(ErrorCode.None, RecordBatchSlicer.Write(header, records, [count - 1], slice));
        Assert.Equal(1, Read(slice.WrittenSpan, slice.WrittenSpan[RecordBatchHeader.Size..], out var isMalformed));
        Assert.False(isMalformed);
    }
}

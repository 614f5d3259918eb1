using System.Buffers;
using BenchmarkDotNet.Attributes;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Benchmarks.Records;

/// <summary>What it costs to check, read and slice a batch of 1,000 records (12-byte subject, 16-byte value), per record of the batch.</summary>
public class RecordBatchRead
{
    private const int Records = 1000;

    private readonly ArrayBufferWriter<byte> _slice = new(1 << 20);
    private byte[] _batch = [];
    private int[] _everyOther = [];
    private int[] _secondHalf = [];
    private int[] _lastOne = [];

    [GlobalSetup]
    public void Setup()
    {
        using var builder = new RecordBatchBuilder();
        for (var i = 0; i < Records; i++)
            builder.Append(1_700_000_000_000 + i / 10, RecordAttributes.KeyIsSubject, "orders.eu.42"u8, "sixteen bytes ok"u8);
        _batch = builder.Build().ToArray();
        _everyOther = [.. Enumerable.Range(0, Records / 2).Select(i => i * 2)];
        _secondHalf = [.. Enumerable.Range(Records / 2, Records / 2)];
        _lastOne = [Records - 1];
    }

    [Benchmark(OperationsPerInvoke = Records, Baseline = true)]
    public int Read()
    {
        var bytes = 0;
        var reader = new RecordReader(_batch);
        while (reader.MoveNext())
            bytes += reader.Current.Key.Length + reader.Current.Value.Length;
        return bytes;
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public ErrorCode CheckFrame() => RecordBatchValidator.CheckFrame(_batch, 1 << 20);

    [Benchmark(OperationsPerInvoke = Records)]
    public ErrorCode CheckRecords() => RecordBatchValidator.CheckRecords(_batch);

    [Benchmark(OperationsPerInvoke = Records)]
    public ErrorCode SliceEveryOther() => Slice(_everyOther);

    [Benchmark(OperationsPerInvoke = Records)]
    public ErrorCode SliceSecondHalf() => Slice(_secondHalf);

    [Benchmark(OperationsPerInvoke = Records)]
    public ErrorCode SliceLastOne() => Slice(_lastOne);

    private ErrorCode Slice(int[] indexes)
    {
        _slice.ResetWrittenCount();
        return RecordBatchSlicer.Write(_batch, indexes, _slice);
    }
}

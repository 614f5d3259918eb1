using BenchmarkDotNet.Attributes;
using RobustMQ.Records.Batches;

namespace RobustMQ.Benchmarks.Records;

/// <summary>What it costs to encode records of a 12-byte subject and a 16-byte value, per record.</summary>
public class RecordBatchBuild
{
    private const int Records = 1000;

    private readonly RecordBatchBuilder _builder = new();
    private readonly byte[] _subject = "orders.eu.42"u8.ToArray();
    private readonly byte[] _value = "sixteen bytes ok"u8.ToArray();

    [Benchmark(OperationsPerInvoke = Records, Baseline = true)]
    public int Append()
    {
        _builder.Reset();
        for (var i = 0; i < Records; i++)
            _builder.Append(1_700_000_000_000, RecordAttributes.KeyIsSubject, _subject, _value);
        return _builder.SizeBytes;
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public int AppendAndBuild()
    {
        Append();
        return _builder.Build().Length;
    }
}

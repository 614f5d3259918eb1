using System.Text;
using RobustMQ.Records.Batches;

namespace RobustMQ.Bench.Storage;

/// <summary>Batches as a benchmark sends them: keys of a few bytes, values that do not compress.</summary>
internal static class BenchBatch
{
    public static byte[] Build(int records, int valueBytes, int firstKey = 0)
    {
        using var builder = new RecordBatchBuilder();
        var value = new byte[valueBytes];
        var random = new Random(firstKey);
        var nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < records; i++)
        {
            random.NextBytes(value);
            builder.Append(nowMs, RecordAttributes.None, Encoding.ASCII.GetBytes($"key-{firstKey + i:D8}"), value);
        }
        return builder.Build().ToArray();
    }
}

using System.Diagnostics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records.Batches;

namespace RobustMQ.Bench.Kafka;

/// <summary>
/// Produces one encoded request again and again over a bare socket, a few requests ahead of their answers as clients do: what the broker takes where the client costs nothing.
/// A request has one batch for each partition, all together as large as one batch for a single one.
/// </summary>
internal sealed class WireProduceRunner(string server, string topic) : IDisposable
{
    private const short Version = 8;

    /// <summary>As Kafka's own client has by default.</summary>
    private const int InFlight = 5;

    private readonly WireConnection _connection = new(server, 64 << 10);

    /// <returns>Bytes a second of values.</returns>
    public double Run(KafkaScenario scenario)
    {
        var (batch, ofPartition) = Batch(scenario);
        var records = ofPartition * scenario.Partitions;
        var request = new ProduceRequest
        {
            Acks = -1,
            TimeoutMs = 30_000,
            Topics = [new() { Name = topic, Partitions = [.. Enumerable.Range(0, scenario.Partitions).Select(index => new ProduceRequest.Partition { Index = index, Records = batch })] }],
        };
        var frame = WireConnection.Frame(request, Version);
        var requests = Math.Max(1, scenario.Records / records);
        // Not disposed: where the broker fails, the sender may still wait for it.
        var ahead = new SemaphoreSlim(InFlight);
        var watch = Stopwatch.StartNew();
        var sending = LoadThread.Start(() =>
        {
            for (var sent = 0L; sent < requests; sent++)
            {
                ahead.Wait();
                _connection.Send(frame);
            }
        });
        for (var answered = 0L; answered < requests; answered++)
        {
            var response = WireConnection.Read<ProduceResponse>(_connection.Receive(), ProduceRequest.Api, Version);
            foreach (var partition in response.Topics[0].Partitions)
            {
                if (partition.Error is not KafkaError.None and var error)
                    throw new IOException($"the broker does not store what is produced: {error}");
            }
            ahead.Release();
        }
        sending.Join();
        return (double)requests * records * scenario.RecordBytes / watch.Elapsed.TotalSeconds;
    }

    public void Dispose() => _connection.Dispose();

    private static (byte[] Batch, int Records) Batch(KafkaScenario scenario)
    {
        using var batch = new RecordBatchBuilder();
        var values = scenario.Values();
        var records = Math.Max(1, scenario.BatchBytes / scenario.Partitions / (scenario.RecordBytes + 16));
        for (var record = 0; record < records; record++)
            batch.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), default, default, values[record % values.Length]);
        return (batch.Build().ToArray(), records);
    }
}

using System.Text;
using RobustMQ.Bench.Storage;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Bench.Consumers;

/// <summary>The topic that consumers are measured on. Its records are only written, not synced: what consumers cost is measured, not what appends do.</summary>
internal sealed class ConsumerTopic(GrpcStorageClient client)
{
    private const int BatchRecords = 100;
    private const int InFlight = 16;

    public static TopicName Name { get; } = TopicName.Parse("bench-consumers");

    private static readonly TopicPartition Log = new(Namespace.Default, Name, 0);

    public async Task CreateAsync(EngineKind engine)
    {
        var spec = new TopicSpec { Name = Name, Engine = engine, Durability = Durability.Written, Filters = [SubjectFilter.Parse("bench.>")] };
        StorageException.ThrowIfError((await client.Topics.CreateAsync(spec).ConfigureAwait(false)).Error, "create the topic");
    }

    public async Task DeleteAsync() => await client.Topics.DeleteAsync(Namespace.Default, Name).ConfigureAwait(false);

    public static ConsumerBinding Binding(params string[] filters) => new() { Id = 1, Topic = Name, Filters = [.. filters.Select(SubjectFilter.Parse)] };

    public static ConsumerRef Consumer(int number) => new(Namespace.Default, $"bench/{number}");

    public async Task CreateAsync(ConsumerSpec spec)
    {
        var created = await client.Consumers.CreateAsync(spec).ConfigureAwait(false);
        StorageException.ThrowIfError(created.Error, "create a consumer");
    }

    /// <param name="subjects">They take turns, record by record.</param>
    public async Task FillAsync(int records, int valueBytes, int subjects = 1)
    {
        using var room = new SemaphoreSlim(InFlight);
        var appends = new List<Task>();
        for (var at = 0; at < records; at += BatchRecords)
        {
            await room.WaitAsync().ConfigureAwait(false);
            appends.Add(AppendAsync(Batch(at, Math.Min(BatchRecords, records - at), valueBytes, subjects), room));
        }
        await Task.WhenAll(appends).ConfigureAwait(false);
    }

    private async Task AppendAsync(byte[] batch, SemaphoreSlim room)
    {
        var result = await client.Logs.AppendAsync(new AppendRequest { Log = Log, Batch = batch }).ConfigureAwait(false);
        room.Release();
        StorageException.ThrowIfError(result.Error, "append");
    }

    private static byte[] Batch(int first, int records, int valueBytes, int subjects)
    {
        using var builder = new RecordBatchBuilder();
        var value = new byte[valueBytes];
        var nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < records; i++)
            builder.Append(nowMs, RecordAttributes.KeyIsSubject, Encoding.ASCII.GetBytes($"bench.{(first + i) % subjects}.x"), value);
        return builder.Build().ToArray();
    }
}

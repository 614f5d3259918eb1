using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Memory;
using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Tests.Support;

/// <summary>A node in memory with a clock that stands, and short names for what tests do often.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public static readonly Namespace Ns = Namespace.Default;

    private TestNode(NodeStorage node, ManualTime time)
    {
        Node = node;
        Time = time;
    }

    public NodeStorage Node { get; }

    public ManualTime Time { get; }

    public static async Task<TestNode> OpenAsync(StorageOptions? options = null, IMetadataStore? metadata = null, params ILogEngine[] more)
    {
        var time = new ManualTime();
        ILogEngine[] engines = [new MemoryLogEngine(), .. more];
        var node = await NodeStorage.OpenAsync(options ?? new StorageOptions(), metadata ?? new MemoryMetadataStore(), engines, time, NullLoggerFactory.Instance);
        return new TestNode(node, time);
    }

    public static TopicPartition Log(string topic, int partition = 0) => new(Ns, TopicName.Parse(topic), partition);

    public static TopicSpec Spec(string topic, params string[] filters) =>
        new() { Name = TopicName.Parse(topic), Filters = [.. filters.Select(SubjectFilter.Parse)] };

    public async Task<Topic> CreateAsync(TopicSpec spec)
    {
        var created = await Node.Topics.CreateAsync(spec);
        Assert.True(created.Succeeded, $"{created.Error}: {created.Message}");
        return created.Topic!;
    }

    public Task<Topic> CreateAsync(string topic, params string[] filters) => CreateAsync(Spec(topic, filters));

    public async Task<AppendResult> AppendAsync(
        string topic, byte[] batch, AppendConditions? conditions = null, Durability durability = default, LiveRouting routing = default) =>
        await Node.Logs.AppendAsync(new AppendRequest
        {
            Log = Log(topic),
            Batch = batch,
            Conditions = conditions,
            Durability = durability,
            Routing = routing,
        });

    public async Task<List<SeenRecord>> ReadAsync(string topic, int partition = 0)
    {
        var seen = new List<SeenRecord>();
        var next = (await Node.Logs.OffsetsAsync(Log(topic, partition))).Start;
        while (true)
        {
            using var read = await Node.Logs.ReadAsync(new ReadRequest { Log = Log(topic, partition), Offset = next });
            Assert.Equal(ErrorCode.None, read.Error);
            seen.AddRange(TestBatch.Read(read.Batches.Span).Where(record => record.Offset >= next.Value));
            if (read.NextOffset == next)
                return seen;
            next = read.NextOffset;
        }
    }

    public ValueTask DisposeAsync() => Node.DisposeAsync();
}

using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Tests.Support;

/// <summary>A node with every engine on a directory of its own, a clock that stands, and short names for what tests do often. Can be closed and opened again.</summary>
internal sealed class DiskNode : IAsyncDisposable
{
    private readonly StorageOptions _options;

    private DiskNode(StorageOptions options) => _options = options;

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("robustmq-").FullName;

    public ManualTime Time { get; } = new();

    public NodeStorage Node { get; private set; } = null!;

    public static async Task<DiskNode> OpenAsync(StorageOptions? options = null)
    {
        var node = new DiskNode(options ?? new StorageOptions());
        await node.StartAsync();
        return node;
    }

    public async Task RestartAsync()
    {
        await Node.DisposeAsync();
        await StartAgainAsync();
    }

    /// <summary>After <see cref="Node"/> was disposed.</summary>
    public Task StartAgainAsync() => StartAsync();

    public async Task<Topic> CreateAsync(string topic, EngineKind engine, Func<TopicSpec, TopicSpec>? more = null)
    {
        var spec = TestNode.Spec(topic, topic + ".>") with { Engine = engine };
        var created = await Node.Topics.CreateAsync(more is null ? spec : more(spec));
        Assert.True(created.Succeeded, $"{created.Error}: {created.Message}");
        return created.Topic!;
    }

    public async Task<AppendResult> AppendAsync(string topic, byte[] batch, AppendConditions? conditions = null) =>
        await Node.Logs.AppendAsync(new AppendRequest { Log = TestNode.Log(topic), Batch = batch, Conditions = conditions });

    /// <summary>Values of everything that a request leads to, read piece by piece.</summary>
    public async Task<string> ValuesAsync(ReadRequest request)
    {
        var values = new List<string>();
        while (true)
        {
            using var read = await Node.Logs.ReadAsync(request);
            Assert.Equal(ErrorCode.None, read.Error);
            values.AddRange(TestBatch.Read(read.Batches.Span).Where(record => request.ByPriority || record.Offset >= request.Offset.Value).Select(record => record.Value));
            if (read.LanePositions.Count == 0 && read.NextOffset >= read.LogEndOffset)
                return string.Join(' ', values);
            request = request with { Start = ReadStart.Offset, Offset = read.NextOffset, LanePositions = read.LanePositions };
        }
    }

    public Task<string> ValuesAsync(string topic) => ValuesAsync(new ReadRequest { Log = TestNode.Log(topic), Start = ReadStart.First });

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>One record by subject, with headers that the storage layer acts on.</summary>
    public static byte[] Record(string subject, string value, int? priority = null, long? expiresAtMs = null, long? delayUntilMs = null) =>
        Records((subject, value, priority, expiresAtMs, delayUntilMs));

    public static byte[] Records(params (string Subject, string Value, int? Priority, long? ExpiresAtMs, long? DelayUntilMs)[] records)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var record in records)
        {
            var headers = new RecordHeadersBuilder();
            Add(headers, RecordHeaderNames.Priority, record.Priority);
            Add(headers, RecordHeaderNames.ExpiresAt, record.ExpiresAtMs);
            Add(headers, RecordHeaderNames.DelayUntil, record.DelayUntilMs);
            builder.Append(1_000, RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes(record.Subject), Encoding.UTF8.GetBytes(record.Value), headers);
        }
        return builder.Build().ToArray();
    }

    private static void Add(RecordHeadersBuilder headers, ReadOnlySpan<byte> name, long? number)
    {
        if (number is { } value)
            headers.Add(name, Encoding.UTF8.GetBytes($"{value}"));
    }

    private async Task StartAsync() =>
        Node = await NodeStorage.OpenAsync(_options with { DataDirectory = Directory }, Time, NullLoggerFactory.Instance);
}

using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Storage;
using RobustMQ.Storage.Client;
using RobustMQ.StorageNode;

namespace RobustMQ.Benchmarks.StorageNode;

/// <summary>
/// The way of 16-byte messages from one gateway to another: appended to <c>_live</c> on one gateway's stream, brought by the other's live feed, through a storage-node's real
/// listener. Everything shares this process and its cores. The time is of one message: 1,000 ns are a million messages a second.
/// </summary>
public class GrpcHop
{
    private const int Messages = 1_000_000;

    /// <summary>Batches under way: enough to keep every part busy, less than a subscriber's queue holds.</summary>
    private const int BatchesUnderWay = 256;

    private readonly SemaphoreSlim _room = new(BatchesUnderWay);
    private CountingReceiver _receiver = null!;
    private NodeStorage _node = null!;
    private StorageServer _server = null!;
    private GrpcStorageClient _publisher = null!;
    private GrpcStorageClient _subscriber = null!;
    private ILiveFeed _origin = null!;
    private ILiveFeed _feed = null!;
    private AppendRequest _append;

    /// <summary>Messages that a gateway has read at once and sends on together.</summary>
    [Params(100, 1_000)]
    public int BatchRecords { get; set; }

    [GlobalSetup]
    public async Task StartAsync()
    {
        _node = await NodeStorage.OpenAsync(new StorageOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        var listener = new ListenerOptions { Address = IPAddress.Loopback, Port = 0, Tls = null };
        _server = new StorageServer(new StorageServerOptions { Listener = listener }, () => _node, NullLoggerFactory.Instance);
        await _server.StartAsync(default);
        _receiver = new CountingReceiver(_room);
        _publisher = Connect();
        _subscriber = Connect();
        _origin = _publisher.Logs.Subscribe("publisher", new CountingReceiver(_room));
        _feed = _subscriber.Logs.Subscribe("subscriber", _receiver);
        _feed.SetInterest(Namespace.Default, SubjectFilter.Parse("bench.>"), null, 1);
        await _origin.SyncAsync();
        await _feed.SyncAsync();
        _append = new AppendRequest
        {
            Log = new TopicPartition(Namespace.Default, TopicName.Live, 0),
            Batch = NewBatch(),
            Durability = Durability.Accepted,
            Routing = new LiveRouting { Origin = _origin.Id, QueuesDecided = true },
        };
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        await _origin.DisposeAsync();
        await _feed.DisposeAsync();
        await _publisher.DisposeAsync();
        await _subscriber.DisposeAsync();
        await _server.DisposeAsync();
        await _node.DisposeAsync();
        _room.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public async Task Through()
    {
        var arrived = _receiver.ExpectAsync(Messages);
        for (var sent = 0; sent < Messages; sent += BatchRecords)
        {
            await _room.WaitAsync();
            _ = AppendAsync();
        }
        await arrived;
    }

    private async Task AppendAsync()
    {
        var result = await _publisher.Logs.AppendAsync(_append);
        StorageException.ThrowIfError(result.Error, "append");
    }

    private GrpcStorageClient Connect() =>
        new(new StorageClientOptions { Address = _server.Listeners[0].Address }, TimeProvider.System, NullLoggerFactory.Instance);

    private byte[] NewBatch()
    {
        using var builder = new RecordBatchBuilder();
        for (var i = 0; i < BatchRecords; i++)
            builder.Append(1_000, RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes("bench.subject"), "0123456789abcdef"u8);
        return builder.Build().ToArray();
    }
}

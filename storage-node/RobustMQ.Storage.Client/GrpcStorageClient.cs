using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using RobustMQ.Protos.V1;
using RobustMQ.Storage.Client.Appends;
using RobustMQ.Storage.Client.Calls;
using RobustMQ.Storage.Client.Consumers;
using RobustMQ.Storage.Client.Live;
using RobustMQ.Storage.Client.Reads;
using RobustMQ.Storage.Client.Resilience;
using RobustMQ.Storage.Client.Transport;

namespace RobustMQ.Storage.Client;

/// <summary>
/// A storage-node over gRPC. Connects by itself and stays connected; calls made while there is no connection wait for one, as long as <see cref="StorageClientOptions"/> says.
/// Await what you appended before disposing it: an append without an answer ends with <c>Unavailable</c> or <c>UnknownOutcome</c>.
/// </summary>
public sealed class GrpcStorageClient : IStorageClient
{
    private readonly GrpcChannel _channel;
    private readonly StoragePipelines _pipelines;
    private readonly NodeLink _link;
    private readonly ReadStreams _reads;
    private readonly LiveFeeds _feeds;
    private readonly Memberships _memberships;
    private int _disposed;

    /// <exception cref="ArgumentException">An option cannot be; the message names it.</exception>
    public GrpcStorageClient(StorageClientOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        options.Validate();
        _channel = StorageEndpoint.Open(options, loggers);
        _pipelines = new StoragePipelines(options, time);
        var appends = new AppendQueue(options, time);
        _link = new NodeLink(_channel, appends, _pipelines, options, time, loggers);
        var log = new LogService.LogServiceClient(_channel);
        _feeds = new LiveFeeds(log, _link, _pipelines, loggers.CreateLogger<LiveFeeds>());
        _reads = new ReadStreams(log, _pipelines);
        var calls = new NodeCalls(_pipelines);
        var streams = new NodeStreams(_link, _pipelines);
        Logs = new GrpcLogClient(log, calls, appends, _reads, _feeds);
        Topics = new GrpcTopicClient(new TopicService.TopicServiceClient(_channel), calls, streams);
        var consumers = new ConsumerService.ConsumerServiceClient(_channel);
        _memberships = new Memberships(consumers, _link, _pipelines, loggers.CreateLogger<Memberships>());
        Consumers = new GrpcConsumerClient(consumers, calls, _memberships);
        Node = new GrpcNodeClient(new NodeService.NodeServiceClient(_channel), calls, streams);
    }

    public ILogClient Logs { get; }

    public ITopicClient Topics { get; }

    public IConsumerClient Consumers { get; }

    public INodeClient Node { get; }

    /// <summary>Completes when there is a connection to the storage-node.</summary>
    public Task WhenConnectedAsync(CancellationToken cancellationToken = default) => _link.WhenUpAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _memberships.DisposeAsync().ConfigureAwait(false);
        await _feeds.DisposeAsync().ConfigureAwait(false);
        _reads.Dispose();
        await _link.DisposeAsync().ConfigureAwait(false);
        // Calls end with the channel, and are not repeated: whoever makes one now is told, and pipelines wait for the calls that are in them.
        await _pipelines.OpenCircuitAsync().ConfigureAwait(false);
        _channel.Dispose();
        await _pipelines.DisposeAsync().ConfigureAwait(false);
    }
}

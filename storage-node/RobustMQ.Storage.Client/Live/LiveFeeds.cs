using Microsoft.Extensions.Logging;
using RobustMQ.Storage.Client.Resilience;
using RobustMQ.Storage.Client.Transport;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Live;

/// <summary>The live feeds of one client.</summary>
internal sealed class LiveFeeds(Proto.LogService.LogServiceClient client, NodeLink link, StoragePipelines pipelines, ILogger<LiveFeeds> logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<GrpcLiveFeed> _open = [];
    private bool _isClosed;

    public GrpcLiveFeed Open(string name, ILiveReceiver receiver)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(GrpcStorageClient));
            var feed = new GrpcLiveFeed(this, name, receiver, logger);
            _open.Add(feed);
            return feed;
        }
    }

    public async ValueTask<FeedStream> ConnectAsync(string name, CancellationToken cancellationToken)
    {
        await link.WhenUpAsync(cancellationToken).ConfigureAwait(false);
        return await pipelines.Stream.ExecuteAsync(
            static (state, attempt) => FeedStream.OpenAsync(state.client, state.name, attempt), (client, name), cancellationToken).ConfigureAwait(false);
    }

    public void Closed(GrpcLiveFeed feed)
    {
        lock (_lock)
            _open.Remove(feed);
    }

    public async ValueTask DisposeAsync()
    {
        GrpcLiveFeed[] feeds;
        lock (_lock)
        {
            _isClosed = true;
            feeds = [.. _open];
        }
        foreach (var feed in feeds)
            await feed.DisposeAsync().ConfigureAwait(false);
    }
}

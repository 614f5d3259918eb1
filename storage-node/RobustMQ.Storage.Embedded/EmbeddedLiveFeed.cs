using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Live;

namespace RobustMQ.Storage.Embedded;

/// <summary>A live subscription of the same process: interest is in force when <see cref="SetInterest"/> returns.</summary>
internal sealed class EmbeddedLiveFeed : ILiveFeed, ILiveSubscriber
{
    private readonly ILiveReceiver _receiver;
    private readonly LiveSubscription _subscription;
    private volatile bool _isConnected;
    private volatile bool _isOver;

    public EmbeddedLiveFeed(LiveHub hub, string name, ILiveReceiver receiver)
    {
        _receiver = receiver;
        _subscription = hub.Subscribe(name, this);
    }

    public SubscriberId Id => _isConnected ? _subscription.Id : SubscriberId.None;

    public void SetInterest(Namespace ns, SubjectFilter filter, string? queue, int weight)
    {
        var error = _subscription.SetInterest(ns, filter, queue, weight);
        // A drained node takes no interest any more; nothing is delivered then either.
        if (_isConnected)
            StorageException.ThrowIfError(error, $"interest in {filter}");
    }

    public Task SyncAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _isOver = true;
        _subscription.Dispose();
        return ValueTask.CompletedTask;
    }

    public void OnConnected(SubscriberId id)
    {
        _isConnected = true;
        _receiver.OnConnected(id);
    }

    public void OnDisconnected()
    {
        _isConnected = false;
        // Whoever ends a feed knows it.
        if (!_isOver)
            _receiver.OnDisconnected();
    }

    public void OnRecords(in LiveRecords records) => _receiver.OnRecords(records);

    public void OnPeerInterest(in PeerInterest interest) => _receiver.OnPeerInterest(interest);

    public void OnDropped(long records) => _receiver.OnDropped(records);
}

using RobustMQ.Records;
using RobustMQ.Records.Live;

namespace RobustMQ.Storage.Client;

/// <summary>A gateway's standing subscription to live records. It remembers its interest and announces it again after every reconnect.</summary>
public interface ILiveFeed : IAsyncDisposable
{
    /// <summary>Of the present connection; <see cref="SubscriberId.None"/> while there is none.</summary>
    SubscriberId Id { get; }

    /// <summary>Sets how many local subscriptions (or queue members) stand behind a filter; 0 removes it. Returns at once; updates keep their order.</summary>
    void SetInterest(Namespace ns, SubjectFilter filter, string? queue, int weight);

    /// <summary>Completes when every update made before the call is in force at the storage-node (after a reconnect where there is no connection now).</summary>
    Task SyncAsync(CancellationToken cancellationToken = default);
}

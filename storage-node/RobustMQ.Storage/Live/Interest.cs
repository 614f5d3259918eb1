namespace RobustMQ.Storage.Live;

/// <summary>What one subscription has set for one filter (and queue). The weight changes in place, under the namespace's lock.</summary>
internal sealed class Interest(LiveSubscription subscription, string? queue)
{
    public LiveSubscription Subscription { get; } = subscription;

    public string? Queue { get; } = queue;

    public int Weight { get; set; }
}

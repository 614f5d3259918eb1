namespace RobustMQ.Storage.Live;

/// <summary>The subscriptions that have members of one queue group for a subject.</summary>
internal sealed class QueueMatch(string queue, (LiveSubscription Subscription, int Weight)[] members)
{
    public string Queue { get; } = queue;

    /// <summary>One of the subscriptions, by weight, never the origin; null where only the origin has members.</summary>
    public LiveSubscription? Pick(long origin, Random random)
    {
        var total = 0L;
        foreach (var (subscription, weight) in members)
            total += subscription.Id.Value == origin ? 0 : weight;
        if (total == 0)
            return null;
        var at = random.NextInt64(total);
        foreach (var (subscription, weight) in members)
        {
            if (subscription.Id.Value == origin)
                continue;
            at -= weight;
            if (at < 0)
                return subscription;
        }
        return null;
    }
}

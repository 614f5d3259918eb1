namespace RobustMQ.Storage.Live;

/// <summary>Who wants a subject: each subscription with a plain interest once, and each queue group once.</summary>
internal sealed class SubjectMatch
{
    public static SubjectMatch Nobody { get; } = new([], []);

    private SubjectMatch(LiveSubscription[] plain, QueueMatch[] queues)
    {
        Plain = plain;
        Queues = queues;
    }

    public LiveSubscription[] Plain { get; }

    public QueueMatch[] Queues { get; }

    public static SubjectMatch Of(List<Interest> interests)
    {
        if (interests.Count == 0)
            return Nobody;
        var plain = interests.Where(interest => interest.Queue is null).Select(interest => interest.Subscription).Distinct();
        var queues = interests.Where(interest => interest.Queue is not null).GroupBy(interest => interest.Queue!, StringComparer.Ordinal);
        return new SubjectMatch([.. plain], [.. queues.Select(QueueOf)]);
    }

    public QueueMatch? FindQueue(string queue)
    {
        foreach (var match in Queues)
        {
            if (match.Queue == queue)
                return match;
        }
        return null;
    }

    private static QueueMatch QueueOf(IGrouping<string, Interest> group)
    {
        var members = group.GroupBy(interest => interest.Subscription).Select(same => (same.Key, same.Sum(interest => interest.Weight)));
        return new QueueMatch(group.Key, [.. members]);
    }
}

namespace RobustMQ.Records.Live;

/// <summary>How the live copies of an append travel.</summary>
public readonly struct LiveRouting
{
    /// <summary>The feed whose gateway has served its own clients: it gets no copy.</summary>
    public SubscriberId Origin { get; init; }

    /// <summary>The origin has chosen a member for every queue group that matches; <see cref="Picks"/> says where its choice is another subscriber. Otherwise the storage-node chooses.</summary>
    public bool QueuesDecided { get; init; }

    public ReadOnlyMemory<QueuePick> Picks { get; init; }

    /// <summary>Deliver and do not store. The log must be the namespace's <see cref="TopicName.Live"/>.</summary>
    public bool LiveOnly { get; init; }
}

using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Live;

/// <summary>Where a publish of one subject is stored. One instance a log, so routes compare by reference.</summary>
public sealed class TopicRoute
{
    public required TopicPartition Log { get; init; }

    /// <summary>The namespace's <see cref="TopicName.Live"/>: at-most-once traffic that nobody acknowledges.</summary>
    public bool IsLive => Log.Topic == TopicName.Live;

    /// <summary>What is appended stays for consumers: the topic is no memory topic.</summary>
    public bool IsKept { get; init; }

    /// <summary>Delivered to those who listen now and kept nowhere.</summary>
    public required bool IsLiveOnly { get; init; }
}

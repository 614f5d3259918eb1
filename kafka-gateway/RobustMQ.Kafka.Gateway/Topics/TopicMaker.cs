using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>Makes topics as this gateway's settings say, and lets the directory know at once.</summary>
internal sealed class TopicMaker(ITopicClient topics, TopicDirectory directory, KafkaOptions options)
{
    public TopicSpec Default(Namespace ns, TopicName name) => new()
    {
        Namespace = ns,
        Name = name,
        Engine = options.DefaultEngine,
        Partitions = options.DefaultPartitions,
        Retention = new Retention { MaxAgeMs = (long)options.DefaultRetention.TotalMilliseconds },
    };

    public async ValueTask<TopicResult> CreateAsync(TopicSpec spec, CancellationToken cancellationToken)
    {
        var result = await topics.CreateAsync(spec, cancellationToken).ConfigureAwait(false);
        if (result.Topic is { } topic)
            directory.Put(topic);
        return result;
    }

    /// <summary>A topic that a client names and that is not there. Where another gateway was faster, its topic.</summary>
    public async ValueTask<TopicResult> EnsureAsync(Namespace ns, string name, CancellationToken cancellationToken)
    {
        if (!TopicName.TryParse(name, out var parsed))
            return new TopicResult(ErrorCode.InvalidArgument, null);
        var result = await CreateAsync(Default(ns, parsed), cancellationToken).ConfigureAwait(false);
        return result is { Error: ErrorCode.AlreadyExists, Topic: { } present } ? new TopicResult(ErrorCode.None, present) : result;
    }
}

using System.Text.RegularExpressions;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Groups.Consumers;

/// <summary>The directory's topics of one namespace.</summary>
internal sealed class NamespaceTopics(TopicDirectory topics, Namespace ns) : ITopicShapes
{
    public long Version => topics.Version;

    public TopicShape? Find(string name) => topics.TryGet(ns, name, out var topic) ? Shape(topic) : null;

    public IEnumerable<TopicShape> Matching(Regex expression) =>
        topics.List(ns, includeInternal: false).Where(topic => expression.Match(topic.Name.Value) is { Success: true } match && match.Length == topic.Name.Value.Length).Select(Shape);

    private static TopicShape Shape(Topic topic) => new(topic.Name.Value, topic.Id, topic.Spec.Partitions);
}

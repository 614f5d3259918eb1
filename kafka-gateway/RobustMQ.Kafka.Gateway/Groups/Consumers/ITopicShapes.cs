using System.Text.RegularExpressions;

namespace RobustMQ.Kafka.Gateway.Groups.Consumers;

/// <summary>The topics of a group's namespace.</summary>
internal interface ITopicShapes
{
    /// <summary>Another number where any topic has changed since.</summary>
    long Version { get; }

    TopicShape? Find(string name);

    /// <summary>Those whose whole name matches.</summary>
    IEnumerable<TopicShape> Matching(Regex expression);
}

using System.Text.RegularExpressions;
using RobustMQ.Kafka.Gateway.Groups.Consumers;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Topics as a test says they are.</summary>
internal sealed class FakeTopics : ITopicShapes
{
    private readonly SortedDictionary<string, TopicShape> _topics = new(StringComparer.Ordinal);

    public long Version { get; private set; }

    public void Put(string name, int partitions)
    {
        _topics[name] = new TopicShape(name, new Guid(name[0], 0, 0, new byte[8]), partitions);
        Version++;
    }

    public void Remove(string name)
    {
        _topics.Remove(name);
        Version++;
    }

    public TopicShape? Find(string name) => _topics.GetValueOrDefault(name);

    public IEnumerable<TopicShape> Matching(Regex expression) => _topics.Values.Where(topic => expression.IsMatch(topic.Name));

    /// <summary><c>a0</c> is partition 0 of the topic <c>a</c>: tests name topics by one letter.</summary>
    public static string Show(IEnumerable<MemberPartition> partitions) =>
        string.Join(' ', partitions.Select(static partition => $"{(char)partition.Topic.ToByteArray()[0]}{partition.Index}").Order(StringComparer.Ordinal));

    public static HashSet<MemberPartition> Read(string partitions) =>
        [.. partitions.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static text => new MemberPartition(new Guid(text[0], 0, 0, new byte[8]), text[1] - '0'))];
}

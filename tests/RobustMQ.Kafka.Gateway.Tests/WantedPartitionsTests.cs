using RobustMQ.Kafka.Gateway.Transactions;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>What becomes of partitions that a producer wants in its transaction, whatever becomes of their topics meanwhile.</summary>
public sealed class WantedPartitionsTests
{
    private readonly List<string> _asked = [];
    private readonly Dictionary<string, Topic> _known = [];

    [Fact]
    public void A_topic_that_comes_into_being_meanwhile_is_missing_for_all_of_the_request()
    {
        // Named twice, and made behind the first look.
        var wanted = Want(name => Put(name, 4), ("new", [0, 1, 2]), ("new", [3]));
        Assert.True(wanted.IsRefused);
        Assert.Equal(["new"], _asked);
        Assert.All(Errors(wanted), static error => Assert.Equal(KafkaError.UnknownTopicOrPartition, error));
    }

    [Fact]
    public void What_is_refused_says_why_and_the_others_that_they_were_kept_back()
    {
        Put("there", 2);
        var wanted = Want(null, ("there", [0, 1, 2, -1]), ("missing", [0]));
        Assert.True(wanted.IsRefused);
        Assert.Equal(
            [KafkaError.OperationNotAttempted, KafkaError.OperationNotAttempted, KafkaError.UnknownTopicOrPartition, KafkaError.UnknownTopicOrPartition, KafkaError.UnknownTopicOrPartition], Errors(wanted));
    }

    [Fact]
    public void What_can_be_had_is_named_once_and_answered_as_often_as_it_was_named()
    {
        Put("there", 2);
        var wanted = Want(null, ("there", [0, 1, 0]));
        Assert.False(wanted.IsRefused);
        Assert.Equal([0, 1], wanted.Logs.Select(static log => log.Partition).Order());
        wanted.Answer(KafkaError.ConcurrentTransactions);
        Assert.Equal([KafkaError.ConcurrentTransactions, KafkaError.ConcurrentTransactions, KafkaError.ConcurrentTransactions], Errors(wanted));
    }

    private void Put(string name, int partitions)
    {
        var spec = new TopicSpec { Namespace = Namespace.Default, Name = TopicName.Parse(name), Engine = EngineKind.Segment, Partitions = partitions };
        _known[name] = new Topic(spec, Guid.NewGuid(), 1, 0);
    }

    private WantedPartitions Want(Action<string>? looked, params (string Name, int[] Partitions)[] wanted) => new(
        [.. wanted.Select(static topic => new TopicPartitions { Name = topic.Name, Partitions = topic.Partitions })],
        name =>
        {
            _asked.Add(name);
            var topic = _known.GetValueOrDefault(name);
            looked?.Invoke(name);
            return (topic, topic is null ? KafkaError.UnknownTopicOrPartition : KafkaError.None);
        });

    private static IEnumerable<KafkaError> Errors(WantedPartitions wanted) => wanted.Answers.SelectMany(static topic => topic.Partitions).Select(static partition => partition.Error);
}

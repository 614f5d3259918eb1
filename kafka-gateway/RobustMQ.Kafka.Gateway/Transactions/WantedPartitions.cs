using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>
/// What a producer wants in its transaction, all of it or nothing. Every topic is looked up once and every partition judged once: a topic that comes into being meanwhile would be missed at one look and found
/// at the next, and then everything would be answered as kept back by something else that nobody is told of, which ends a client's transaction.
/// </summary>
internal sealed class WantedPartitions
{
    /// <summary>Of those that would have been added but for the others.</summary>
    private const KafkaError NotAttempted = KafkaError.OperationNotAttempted;

    private readonly HashSet<TopicPartition> _logs = [];
    private readonly List<TopicErrors> _answers = [];

    /// <param name="find">The topic of a name, or why it cannot be had.</param>
    public WantedPartitions(IReadOnlyList<TopicPartitions> wanted, Func<string, (Topic? Topic, KafkaError Error)> find)
    {
        var topics = new Dictionary<string, (Topic? Topic, KafkaError Error)>();
        foreach (var named in wanted)
        {
            if (!topics.TryGetValue(named.Name, out var found))
                topics.Add(named.Name, found = find(named.Name));
            _answers.Add(new() { Name = named.Name, Partitions = [.. named.Partitions.Select(partition => Judge(found.Topic, found.Error, partition))] });
        }
        if (!IsRefused)
            return;
        foreach (var partition in Partitions.Where(static partition => partition.Error == KafkaError.None))
            partition.Error = NotAttempted;
    }

    /// <summary>Something cannot be had, so nothing is added: the answers say why.</summary>
    public bool IsRefused { get; private set; }

    public IReadOnlyCollection<TopicPartition> Logs => _logs;

    public IReadOnlyList<TopicErrors> Answers => _answers;

    private IEnumerable<PartitionError> Partitions => _answers.SelectMany(static topic => topic.Partitions);

    /// <summary>The outcome for all of them.</summary>
    public void Answer(KafkaError error)
    {
        foreach (var partition in Partitions)
            partition.Error = error;
    }

    private PartitionError Judge(Topic? topic, KafkaError error, int partition)
    {
        if (topic is not null && (partition < 0 || partition >= topic.Spec.Partitions))
            error = KafkaError.UnknownTopicOrPartition;
        if (error == KafkaError.None)
            _logs.Add(new TopicPartition(topic!.Namespace, topic.Name, partition));
        else
            IsRefused = true;
        return new() { Index = partition, Error = error };
    }
}

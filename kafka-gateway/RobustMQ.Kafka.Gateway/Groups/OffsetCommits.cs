using System.Text;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>The offsets of one request for one group: each is checked, those that may be stored go together, and each gets its answer.</summary>
/// <param name="error">Of the request as a whole: nothing of it may be stored.</param>
internal sealed class OffsetCommits(TopicDirectory topics, string group, KafkaError error, RequestContext context)
{
    private const int MetadataBytesMax = 4096;

    private readonly List<TopicErrors> _answers = [];
    private readonly List<PartitionError> _accepted = [];
    private readonly List<GroupOffset> _offsets = [];
    private List<PartitionError> _partitions = [];
    private string _topic = string.Empty;

    /// <summary>Those that may be stored.</summary>
    public IReadOnlyList<GroupOffset> Offsets => _offsets;

    public IReadOnlyList<TopicErrors> Answers => _answers;

    /// <summary>What is added from now on is of this topic.</summary>
    public void Begin(string topic, int partitions)
    {
        (_topic, _partitions) = (topic, new List<PartitionError>(partitions));
        _answers.Add(new() { Name = topic, Partitions = _partitions });
    }

    public void Add(int partition, long offset, int leaderEpoch, string? metadata)
    {
        var answer = new PartitionError { Index = partition, Error = error == KafkaError.None ? Check(partition, metadata) : error };
        _partitions.Add(answer);
        if (answer.Error != KafkaError.None)
            return;
        _accepted.Add(answer);
        _offsets.Add(new GroupOffset(
            new TopicPartition(context.Namespace, TopicName.Parse(_topic), partition), new Offset(offset), new Epoch(leaderEpoch), metadata ?? string.Empty));
    }

    /// <summary>What became of those that might be stored.</summary>
    public void Stored(KafkaError outcome)
    {
        foreach (var answer in _accepted)
            answer.Error = outcome;
    }

    private KafkaError Check(int partition, string? metadata)
    {
        if (!topics.TryGet(context.Namespace, _topic, out var topic) || partition < 0 || partition >= topic.Spec.Partitions)
            return KafkaError.UnknownTopicOrPartition;
        if (!TopicAccess.CanRead(context.Identity, topic, group))
            return KafkaError.TopicAuthorizationFailed;
        return metadata is not null && Encoding.UTF8.GetByteCount(metadata) > MetadataBytesMax ? KafkaError.OffsetMetadataTooLarge : KafkaError.None;
    }
}

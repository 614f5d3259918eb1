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
/// <param name="mayWithdraw">Offsets may be taken back; not in a transaction.</param>
internal sealed class OffsetCommits(TopicDirectory topics, string group, KafkaError error, RequestContext context, bool mayWithdraw)
{
    private const int MetadataBytesMax = 4096;

    private readonly List<TopicErrors> _answers = [];
    private readonly List<PartitionError> _accepted = [];
    private readonly List<GroupOffset> _offsets = [];
    private readonly List<TopicPartition> _withdrawn = [];
    private List<PartitionError> _partitions = [];
    private string _topic = string.Empty;

    /// <summary>Those that may be stored.</summary>
    public IReadOnlyList<GroupOffset> Offsets => _offsets;

    /// <summary>Of which the group is to have no offset: what clients that start a group over commit in the place of one (-1 and -2).</summary>
    public IReadOnlyList<TopicPartition> Withdrawn => _withdrawn;

    public IReadOnlyList<TopicErrors> Answers => _answers;

    /// <summary>What is added from now on is of this topic.</summary>
    public void Begin(string topic, int partitions)
    {
        (_topic, _partitions) = (topic, new List<PartitionError>(partitions));
        _answers.Add(new() { Name = topic, Partitions = _partitions });
    }

    public void Add(int partition, long offset, int leaderEpoch, string? metadata)
    {
        var answer = new PartitionError { Index = partition, Error = error == KafkaError.None ? Check(partition, offset, metadata) : error };
        _partitions.Add(answer);
        if (answer.Error != KafkaError.None)
            return;
        _accepted.Add(answer);
        var log = new TopicPartition(context.Namespace, TopicName.Parse(_topic), partition);
        if (offset < 0)
            _withdrawn.Add(log);
        else
            _offsets.Add(new GroupOffset(log, new Offset(offset), new Epoch(leaderEpoch), metadata ?? string.Empty));
    }

    /// <summary>What became of those that might be stored.</summary>
    public void Stored(KafkaError outcome)
    {
        foreach (var answer in _accepted)
            answer.Error = outcome;
    }

    private KafkaError Check(int partition, long offset, string? metadata)
    {
        if (!topics.TryGet(context.Namespace, _topic, out var topic) || partition < 0 || partition >= topic.Spec.Partitions)
            return TopicAccess.Missing(context.Identity, _topic, topic);
        if (!TopicAccess.CanRead(context.Identity, topic, group))
            return KafkaError.TopicAuthorizationFailed;
        if (offset < 0 && !mayWithdraw)
            return KafkaError.InvalidRequest;
        return metadata is not null && Encoding.UTF8.GetByteCount(metadata) > MetadataBytesMax ? KafkaError.OffsetMetadataTooLarge : KafkaError.None;
    }
}

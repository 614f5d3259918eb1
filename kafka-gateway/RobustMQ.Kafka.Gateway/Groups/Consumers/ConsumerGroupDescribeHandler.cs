using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Groups.Consumers;

/// <summary>Shows consumer groups with their members: where each is, and where it is to come.</summary>
internal sealed class ConsumerGroupDescribeHandler(GroupCoordinator groups, TopicDirectory topics) : ApiHandler<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>
{
    protected override ValueTask<ConsumerGroupDescribeResponse> HandleAsync(ConsumerGroupDescribeRequest request, RequestContext context) =>
        new(new ConsumerGroupDescribeResponse { Groups = [.. request.Groups.Distinct(StringComparer.Ordinal).Select(name => Describe(name, context))] });

    private ConsumerGroupDescribeResponse.Group Describe(string name, RequestContext context)
    {
        var described = new ConsumerGroupDescribeResponse.Group { GroupId = name, Error = GroupAccess.CanDescribe(context.Identity, name) ? groups.Check(context.Namespace, name) : KafkaError.GroupAuthorizationFailed };
        if (described.Error != KafkaError.None)
            return described;
        var isConsumers = false;
        groups.FindLoaded(context.Namespace, name)?.Read(machine =>
        {
            isConsumers = !machine.Consumers.IsEmpty;
            if (isConsumers)
                Show(machine.Consumers, described, context);
        });
        // One without members is as good as a classic one: what is left of it are its offsets.
        if (!isConsumers)
            (described.Error, described.ErrorMessage) = (KafkaError.GroupIdNotFound, "no group with members of this protocol");
        return described;
    }

    private void Show(ConsumerGroupMachine machine, ConsumerGroupDescribeResponse.Group described, RequestContext context)
    {
        described.State = machine.State;
        described.Epoch = machine.Epoch;
        described.AssignmentEpoch = machine.Epoch;
        described.Assignor = machine.Assignor;
        described.Members =
        [
            .. machine.Members.Select(member => new ConsumerGroupDescribeResponse.Member
            {
                MemberId = member.Id,
                InstanceId = member.InstanceId,
                RackId = member.RackId,
                Epoch = member.Epoch,
                ClientId = member.ClientId,
                ClientHost = member.ClientHost,
                SubscribedTopicNames = member.Topics,
                SubscribedTopicRegex = member.Expression?.ToString(),
                Assigned = Name(member.Assigned, context),
                Target = Name(member.Target, context),
            })
        ];
    }

    private List<ConsumerGroupDescribeResponse.Topic> Name(IEnumerable<MemberPartition> partitions, RequestContext context) =>
    [
        .. partitions.GroupBy(static partition => partition.Topic).Select(topic => new ConsumerGroupDescribeResponse.Topic
        {
            TopicId = topic.Key,
            TopicName = topics.TryGet(context.Namespace, topic.Key, out var present) ? present.Name.Value : string.Empty,
            Partitions = [.. topic.Select(static partition => partition.Index).Order()],
        })
    ];
}

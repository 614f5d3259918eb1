using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Groups;

internal sealed class DescribeGroupsHandler(GroupCoordinator groups, IConsumerClient consumers) : ApiHandler<DescribeGroupsRequest, DescribeGroupsResponse>
{
    /// <summary>How Kafka shows a group that is not there.</summary>
    private const string Dead = "Dead";

    protected override async ValueTask<DescribeGroupsResponse> HandleAsync(DescribeGroupsRequest request, RequestContext context)
    {
        var described = new List<DescribeGroupsResponse.Group>(request.Groups.Count);
        foreach (var name in request.Groups.Distinct(StringComparer.Ordinal))
        {
            var group = await DescribeAsync(name, context).ConfigureAwait(false);
            if (request.IncludeAuthorizedOperations && group.Error == KafkaError.None)
                group.AuthorizedOperations = AuthorizedOperations.OfGroup(context.Identity, name);
            described.Add(group);
        }
        return new DescribeGroupsResponse { Groups = described };
    }

    private async ValueTask<DescribeGroupsResponse.Group> DescribeAsync(string name, RequestContext context)
    {
        var described = new DescribeGroupsResponse.Group { GroupId = name, Error = GroupAccess.CanDescribe(context.Identity, name) ? groups.Check(context.Namespace, name) : KafkaError.GroupAuthorizationFailed };
        if (described.Error != KafkaError.None)
            return described;
        if (groups.FindLoaded(context.Namespace, name) is { } group && group.Read(machine => Show(machine, described)) && described.State != nameof(GroupPhase.Empty))
            return described;
        // Without members a group is what it has stored.
        var stored = await consumers.FetchOffsetsAsync(context.Namespace, name, [], context.Aborted).ConfigureAwait(false);
        described.Error = OffsetCommitHandler.ToKafka(stored.Error);
        described.State = stored is { Generation: < 0, Offsets.Count: 0 } ? Dead : nameof(GroupPhase.Empty);
        return described;
    }

    private static void Show(GroupMachine machine, DescribeGroupsResponse.Group described)
    {
        // A group of the newer protocol is none to this call; ConsumerGroupDescribe shows it.
        described.State = machine.Consumers.IsEmpty ? machine.Phase.ToString() : Dead;
        described.ProtocolType = machine.ProtocolType ?? string.Empty;
        described.Protocol = machine.Phase == GroupPhase.Stable ? machine.Protocol ?? string.Empty : string.Empty;
        described.Members =
        [
            .. machine.Members.Select(member => new DescribeGroupsResponse.Member
            {
                MemberId = member.Id,
                GroupInstanceId = member.InstanceId,
                ClientId = member.ClientId,
                ClientHost = member.ClientHost,
                Metadata = machine.Phase == GroupPhase.Stable ? member.MetadataFor(machine.Protocol) : Array.Empty<byte>(),
                Assignment = machine.Phase == GroupPhase.Stable ? member.Assignment : Array.Empty<byte>(),
            })
        ];
    }
}

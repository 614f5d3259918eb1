using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>The groups that this gateway coordinates and the client may know of, those without members included. A client asks every broker.</summary>
internal sealed class ListGroupsHandler(GroupCoordinator groups, IConsumerClient consumers, ClusterMembership cluster) : ApiHandler<ListGroupsRequest, ListGroupsResponse>
{
    private const string Classic = "classic";
    private const string Consumer = "consumer";

    protected override async ValueTask<ListGroupsResponse> HandleAsync(ListGroupsRequest request, RequestContext context)
    {
        var found = new Dictionary<string, ListGroupsResponse.Group>(StringComparer.Ordinal);
        try
        {
            foreach (var stored in await consumers.ListOffsetGroupsAsync(context.Namespace, context.Aborted).ConfigureAwait(false))
            {
                if (cluster.Coordinates(context.Namespace, stored.Group))
                    found[stored.Group] = new() { GroupId = stored.Group, State = nameof(GroupPhase.Empty), Type = Classic };
            }
        }
        catch (StorageException)
        {
            return new ListGroupsResponse { Error = KafkaError.CoordinatorNotAvailable };
        }
        foreach (var group in groups.Loaded(context.Namespace))
        {
            group.Read(machine =>
            {
                if (!machine.Consumers.IsEmpty)
                    found[group.Name] = new() { GroupId = group.Name, ProtocolType = Consumer, State = machine.Consumers.State, Type = Consumer };
                else if (!machine.IsIdle || (machine.ProtocolType is not null && found.ContainsKey(group.Name)))
                    found[group.Name] = new() { GroupId = group.Name, ProtocolType = machine.ProtocolType ?? string.Empty, State = machine.Phase.ToString(), Type = Classic };
            });
        }
        var mayKnowAll = ClusterAccess.May(context.Identity, GrantOperation.Describe);
        return new ListGroupsResponse
        {
            Groups = [.. found.Values.Where(group => (mayKnowAll || GroupAccess.CanDescribe(context.Identity, group.GroupId)) && IsWanted(request.States, group.State) && IsWanted(request.Types, group.Type))],
        };
    }

    private static bool IsWanted(IReadOnlyList<string> names, string name) => names.Count == 0 || names.Contains(name, StringComparer.OrdinalIgnoreCase);
}

using RobustMQ.Kafka.Gateway.Groups;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Transactions;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Cluster;

/// <summary>Tells which gateway coordinates a group, or a transactional id.</summary>
internal sealed class FindCoordinatorHandler(ClusterMembership cluster) : ApiHandler<FindCoordinatorRequest, FindCoordinatorResponse>
{
    private const sbyte GroupKey = 0;
    private const sbyte TransactionKey = 1;
    private const short BatchedFrom = 4;

    protected override ValueTask<FindCoordinatorResponse> HandleAsync(FindCoordinatorRequest request, RequestContext context)
    {
        if (context.Version >= BatchedFrom)
            return new(new FindCoordinatorResponse { Coordinators = [.. request.Keys.Select(key => Find(key, request.KeyType, context))] });
        var found = Find(request.Key, request.KeyType, context);
        return new(new FindCoordinatorResponse { Error = found.Error, ErrorMessage = found.ErrorMessage, NodeId = found.NodeId, Host = found.Host, Port = found.Port });
    }

    private FindCoordinatorResponse.Coordinator Find(string key, sbyte keyType, RequestContext context)
    {
        if (keyType is not (GroupKey or TransactionKey))
            return new() { Key = key, Error = KafkaError.UnsupportedVersion, ErrorMessage = "share groups are not offered" };
        if (keyType == TransactionKey && !TransactionAccess.CanDescribe(context.Identity, key))
            return new() { Key = key, Error = KafkaError.TransactionalIdAuthorizationFailed };
        if (keyType == GroupKey && !GroupAccess.CanDescribe(context.Identity, key))
            return new() { Key = key, Error = KafkaError.GroupAuthorizationFailed };
        if (key.Length == 0)
            return new() { Key = key, Error = keyType == GroupKey ? KafkaError.InvalidGroupId : KafkaError.InvalidRequest };
        return cluster.CoordinatorOf(context.Namespace, key) is { } broker
            ? new() { Key = key, NodeId = broker.NodeId, Host = broker.Host, Port = broker.Port }
            : new() { Key = key, Error = KafkaError.CoordinatorNotAvailable };
    }
}

using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>
/// Brokers and topics. Every gateway serves every partition; the leader named here spreads the clients over those that live. A topic that a client names and that is not
/// there comes into being where the settings, the client and its permissions allow it.
/// </summary>
internal sealed class MetadataHandler(TopicDirectory topics, TopicMaker maker, ClusterMembership cluster, KafkaOptions options) : ApiHandler<MetadataRequest, MetadataResponse>
{
    protected override async ValueTask<MetadataResponse> HandleAsync(MetadataRequest request, RequestContext context)
    {
        var brokers = cluster.Brokers;
        var response = new MetadataResponse
        {
            Brokers = [.. brokers.Select(static broker => new MetadataResponse.Broker { NodeId = broker.NodeId, Host = broker.Host, Port = broker.Port })],
            ClusterId = topics.ClusterId,
            ControllerId = brokers.Count == 0 ? -1 : brokers[0].NodeId,
            ClusterAuthorizedOperations = request.IncludeClusterAuthorizedOperations ? AuthorizedOperations.OfCluster(context.Identity) : int.MinValue,
        };
        if (request.Topics is null || (context.Version == 0 && request.Topics.Count == 0))
        {
            response.Topics =
            [
                .. topics.List(context.Namespace, includeInternal: false).Where(topic => TopicAccess.CanDescribe(context.Identity, topic)).Select(topic => Describe(topic, brokers, request, context))
            ];
            return response;
        }
        var described = new List<MetadataResponse.Topic>(request.Topics.Count);
        // Once, however often a topic is named: a short request may not be worth any amount of partitions.
        foreach (var wanted in request.Topics.DistinctBy(static topic => topic.Name is { } name ? (name, Guid.Empty) : (null, topic.TopicId)))
            described.Add(await FindAsync(wanted, request, brokers, context).ConfigureAwait(false));
        response.Topics = described;
        return response;
    }

    private async ValueTask<MetadataResponse.Topic> FindAsync(MetadataRequest.Topic wanted, MetadataRequest request, IReadOnlyList<Broker> brokers, RequestContext context)
    {
        if (wanted.Name is not { } name)
        {
            return topics.TryGet(context.Namespace, wanted.TopicId, out var byId) && TopicAccess.CanDescribe(context.Identity, byId)
                ? Describe(byId, brokers, request, context)
                : new() { TopicId = wanted.TopicId, Error = KafkaError.UnknownTopicId };
        }
        if (topics.TryGet(context.Namespace, name, out var topic))
            return TopicAccess.CanDescribe(context.Identity, topic) ? Describe(topic, brokers, request, context) : Failed(name, KafkaError.TopicAuthorizationFailed);
        if (!TopicName.TryParse(name, out var parsed) || parsed.IsReserved())
            return Failed(name, KafkaError.InvalidTopic);
        if (!TopicAccess.CanDescribe(context.Identity, name))
            return Failed(name, KafkaError.TopicAuthorizationFailed);
        if (!request.AllowAutoTopicCreation || !options.AutoCreateTopics)
            return Failed(name, KafkaError.UnknownTopicOrPartition);
        if (!TopicAccess.CanChange(context.Identity, name, GrantOperation.Create, []))
            return Failed(name, KafkaError.TopicAuthorizationFailed);
        var made = await maker.EnsureAsync(context.Namespace, name, context.Aborted).ConfigureAwait(false);
        return made.Succeeded ? Describe(made.Topic!, brokers, request, context) : Failed(name, Outcomes.ToKafka(made.Error));
    }

    private MetadataResponse.Topic Describe(Topic topic, IReadOnlyList<Broker> brokers, MetadataRequest request, RequestContext context)
    {
        var partitions = new MetadataResponse.Partition[topic.Spec.Partitions];
        for (var index = 0; index < partitions.Length; index++)
        {
            var leader = LeaderOf(topic, index, brokers);
            IReadOnlyList<int> replicas = leader < 0 ? [] : [leader];
            partitions[index] = new MetadataResponse.Partition
            {
                Index = index,
                Error = leader < 0 ? KafkaError.LeaderNotAvailable : KafkaError.None,
                LeaderId = leader,
                LeaderEpoch = topics.Epoch.Value,
                Replicas = replicas,
                InSyncReplicas = replicas,
            };
        }
        return new()
        {
            Name = topic.Name.Value,
            TopicId = topic.Id,
            IsInternal = topic.Name.IsInternal,
            Partitions = partitions,
            AuthorizedOperations = request.IncludeTopicAuthorizedOperations ? AuthorizedOperations.OfTopic(context.Identity, topic) : int.MinValue,
        };
    }

    private static int LeaderOf(Topic topic, int partition, IReadOnlyList<Broker> brokers)
    {
        if (brokers.Count == 0)
            return -1;
        Span<byte> id = stackalloc byte[16];
        topic.Id.TryWriteBytes(id);
        return Rendezvous.Pick(brokers, Rendezvous.KeyOf(id) + (ulong)partition).NodeId;
    }

    private static MetadataResponse.Topic Failed(string name, KafkaError error) => new() { Name = name, Error = error };
}

using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>Makes topics. One storage-node keeps each record, so the only replication factor is 1; a config that is not supported is refused.</summary>
internal sealed class CreateTopicsHandler(TopicDirectory topics, TopicMaker maker) : ApiHandler<CreateTopicsRequest, CreateTopicsResponse>
{
    private const short OnlyReplicationFactor = 1;

    protected override async ValueTask<CreateTopicsResponse> HandleAsync(CreateTopicsRequest request, RequestContext context)
    {
        var repeated = request.Topics.GroupBy(static topic => topic.Name).Where(static same => same.Count() > 1).Select(static same => same.Key).ToHashSet();
        var answers = new List<CreateTopicsResponse.Topic>(request.Topics.Count);
        foreach (var wanted in request.Topics)
        {
            answers.Add(repeated.Contains(wanted.Name)
                ? Failed(wanted, KafkaError.InvalidRequest, "named twice")
                : await CreateAsync(wanted, request.ValidateOnly, context).ConfigureAwait(false));
        }
        return new CreateTopicsResponse { Topics = answers };
    }

    private async ValueTask<CreateTopicsResponse.Topic> CreateAsync(CreateTopicsRequest.Topic wanted, bool validateOnly, RequestContext context)
    {
        var (spec, error, message) = Specify(wanted, context);
        if (spec is null)
            return Failed(wanted, error, message);
        if (topics.TryGet(context.Namespace, wanted.Name, out _))
            return Failed(wanted, KafkaError.TopicAlreadyExists, null);
        if (validateOnly)
            return Made(wanted, spec, Guid.Empty);
        var result = await maker.CreateAsync(spec, context.Aborted).ConfigureAwait(false);
        return result.Succeeded ? Made(wanted, result.Topic!.Spec, result.Topic.Id) : Failed(wanted, ErrorOf(result.Error, wanted), result.Message);
    }

    /// <summary>What the storage-node does not like of a topic is one of its configs, or how many partitions it has where there are none.</summary>
    private static KafkaError ErrorOf(ErrorCode error, CreateTopicsRequest.Topic wanted) => error is not (ErrorCode.InvalidArgument or ErrorCode.Unsupported) ? Outcomes.ToKafka(error)
        : wanted.Configs.Count > 0 ? KafkaError.InvalidConfig
        : KafkaError.InvalidPartitions;

    private (TopicSpec? Spec, KafkaError Error, string? Message) Specify(CreateTopicsRequest.Topic wanted, RequestContext context)
    {
        if (!TopicName.TryParse(wanted.Name, out var name) || name.IsReserved())
            return (null, KafkaError.InvalidTopic, "no topic name");
        if (wanted is { Assignments.Count: > 0 } and not { Partitions: -1, ReplicationFactor: -1 })
            return (null, KafkaError.InvalidRequest, "assignments say how many partitions and replicas there are: both are -1 then");
        if (wanted.Assignments.Count == 0 && wanted.ReplicationFactor is not (-1 or OnlyReplicationFactor))
            return (null, KafkaError.InvalidReplicationFactor, "one storage-node keeps each record: the replication factor is 1");
        if (wanted.Assignments.Count == 0 && wanted.Partitions is 0 or < -1)
            return (null, KafkaError.InvalidPartitions, "partitions: 1 or more");
        if (wanted.Assignments.Count > 0 && !AreSimple(wanted))
            return (null, KafkaError.InvalidReplicaAssignment, "assignments: each partition from 0 on, on one broker");

        var defaults = maker.Default(context.Namespace, name);
        var partitions = wanted.Assignments.Count > 0 ? wanted.Assignments.Count : wanted.Partitions;
        var spec = partitions > 0 ? defaults with { Partitions = partitions } : defaults;
        foreach (var config in wanted.Configs)
        {
            var (applied, problem) = TopicConfigs.Set(spec, config.Name, config.Value, defaults);
            if (applied is null)
                return (null, KafkaError.InvalidConfig, problem);
            spec = applied;
        }
        return TopicAccess.CanChange(context.Identity, wanted.Name, GrantOperation.Create, spec.Filters) ? (spec, KafkaError.None, null) : (null, KafkaError.TopicAuthorizationFailed, null);
    }

    /// <summary>Which broker serves a partition is not for a client to say, as every broker serves all; one that says it anyway is not refused.</summary>
    private static bool AreSimple(CreateTopicsRequest.Topic wanted) =>
        wanted.Assignments.Select(static assignment => assignment.Partition).Order().SequenceEqual(Enumerable.Range(0, wanted.Assignments.Count))
        && wanted.Assignments.All(static assignment => assignment.BrokerIds.Count == OnlyReplicationFactor);

    private static CreateTopicsResponse.Topic Made(CreateTopicsRequest.Topic wanted, TopicSpec spec, Guid id) => new()
    {
        Name = wanted.Name,
        TopicId = id,
        Partitions = spec.Partitions,
        ReplicationFactor = OnlyReplicationFactor,
        Configs =
        [
            .. TopicConfigs.All.Select(config => new CreateTopicsResponse.Config
            {
                Name = config.Name,
                Value = config.Show(spec),
                IsReadOnly = config.IsReadOnly,
                Source = wanted.Configs.Any(given => given.Name == config.Name) ? ConfigSources.Topic : ConfigSources.Default,
            })
        ],
    };

    private static CreateTopicsResponse.Topic Failed(CreateTopicsRequest.Topic wanted, KafkaError error, string? message) =>
        new() { Name = wanted.Name, Error = error, ErrorMessage = message, Configs = [] };
}

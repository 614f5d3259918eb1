using System.Text.RegularExpressions;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Groups.Consumers;

/// <summary>Joins, keeps alive, reconciles and leaves: the one call that a member of a consumer group makes.</summary>
internal sealed class ConsumerGroupHeartbeatHandler(GroupCoordinator groups, TopicDirectory topics, KafkaOptions options)
    : ApiHandler<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>
{
    private const int ExpressionCharactersMax = 1024;

    protected override async ValueTask<ConsumerGroupHeartbeatResponse> HandleAsync(ConsumerGroupHeartbeatRequest request, RequestContext context)
    {
        if (!GroupAccess.CanRead(context.Identity, request.GroupId))
            return new ConsumerGroupHeartbeatResponse { Error = KafkaError.GroupAuthorizationFailed };
        if (FindProblem(request, context) is { } problem)
            return new ConsumerGroupHeartbeatResponse { Error = problem.Error, ErrorMessage = problem.Message };
        Regex? expression = null;
        if (request.SubscribedTopicRegex is { Length: > 0 } pattern && !TryParse(pattern, out expression))
            return new ConsumerGroupHeartbeatResponse { Error = KafkaError.InvalidRegularExpression, ErrorMessage = "the expression is none, too long, or needs to go back on itself" };
        var (error, group) = IsKept(request) && groups.Admit(context.FrameBytes) is var refusal and not KafkaError.None
            ? (refusal, null)
            : await groups.FindAsync(context.Namespace, request.GroupId).ConfigureAwait(false);
        if (group is null)
            return new ConsumerGroupHeartbeatResponse { Error = error };
        var outcome = await group.HeartbeatAsync(Intent(request, expression, context)).ConfigureAwait(false);
        return new ConsumerGroupHeartbeatResponse
        {
            Error = outcome.Error,
            MemberId = outcome.MemberId,
            MemberEpoch = outcome.Epoch,
            HeartbeatIntervalMs = (int)options.ConsumerHeartbeat.TotalMilliseconds,
            Assigned = outcome.Assigned?.GroupBy(static partition => partition.Topic)
                .Select(static topic => new AssignedTopic { TopicId = topic.Key, Partitions = [.. topic.Select(static partition => partition.Index).Order()] }).ToList(),
        };
    }

    /// <summary>Whether it says something of its member that the group keeps.</summary>
    private static bool IsKept(ConsumerGroupHeartbeatRequest request) =>
        request.MemberEpoch == ConsumerIntent.Joins || request.SubscribedTopicNames is not null || request.SubscribedTopicRegex is not null || request.RackId is not null;

    private (KafkaError Error, string Message)? FindProblem(ConsumerGroupHeartbeatRequest request, RequestContext context)
    {
        if (request.MemberEpoch < ConsumerIntent.LeavesForAMoment || request.InstanceId is { Length: 0 } || request.RackId is { Length: 0 })
            return (KafkaError.InvalidRequest, "an epoch below -2, or an empty instance or rack id");
        if (request.MemberEpoch != ConsumerIntent.Joins && request.MemberId.Length == 0)
            return (KafkaError.InvalidRequest, "a member has an id");
        if (request.MemberEpoch == ConsumerIntent.Joins && (request.RebalanceTimeoutMs < 0 || request.Owned is { Count: > 0 }))
            return (KafkaError.InvalidRequest, "who joins says its rebalance timeout and owns nothing");
        foreach (var name in request.SubscribedTopicNames ?? [])
        {
            if (topics.TryGet(context.Namespace, name, out var topic) && !TopicAccess.CanRead(context.Identity, topic, request.GroupId))
                return (KafkaError.TopicAuthorizationFailed, name);
        }
        return null;
    }

    private static ConsumerIntent Intent(ConsumerGroupHeartbeatRequest request, Regex? expression, RequestContext context) => new(
        request.MemberId,
        request.MemberEpoch,
        request.InstanceId,
        request.RackId,
        context.ClientId,
        context.Connection.ClientHost,
        request.RebalanceTimeoutMs < 0 ? null : TimeSpan.FromMilliseconds(request.RebalanceTimeoutMs),
        request.SubscribedTopicNames,
        expression,
        ClearsExpression: request.SubscribedTopicRegex is { Length: 0 },
        request.ServerAssignor is { Length: > 0 } assignor ? assignor : null,
        request.MemberEpoch == ConsumerIntent.Joins ? new HashSet<MemberPartition>()
            : request.Owned?.SelectMany(static topic => topic.Partitions.Select(index => new MemberPartition(topic.TopicId, index))).ToHashSet());

    /// <summary>Without backtracking an expression takes time that grows with the name only.</summary>
    private static bool TryParse(string pattern, out Regex? expression)
    {
        expression = null;
        if (pattern.Length > ExpressionCharactersMax)
            return false;
        try
        {
            expression = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return true;
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}

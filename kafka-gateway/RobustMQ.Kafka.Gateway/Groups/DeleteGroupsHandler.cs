using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>Forgets groups without members, and their offsets.</summary>
internal sealed class DeleteGroupsHandler(GroupCoordinator groups, IConsumerClient consumers, TopicDirectory topics) : ApiHandler<DeleteGroupsRequest, DeleteGroupsResponse>
{
    protected override async ValueTask<DeleteGroupsResponse> HandleAsync(DeleteGroupsRequest request, RequestContext context)
    {
        var results = new List<DeleteGroupsResponse.Result>(request.Groups.Count);
        foreach (var name in request.Groups)
            results.Add(new() { GroupId = name, Error = await DeleteAsync(name, context).ConfigureAwait(false) });
        return new DeleteGroupsResponse { Results = results };
    }

    private async ValueTask<KafkaError> DeleteAsync(string name, RequestContext context)
    {
        if (!GroupAccess.CanDelete(context.Identity, name))
            return KafkaError.GroupAuthorizationFailed;
        var error = await groups.AskAsync(context.Namespace, name, static (machine, _) => machine.IsIdle ? KafkaError.None : KafkaError.NonEmptyGroup).ConfigureAwait(false);
        if (error != KafkaError.None)
            return error;
        var stored = await consumers.FetchOffsetsAsync(context.Namespace, name, [], context.Aborted).ConfigureAwait(false);
        if (!stored.Succeeded)
            return OffsetCommitHandler.ToKafka(stored.Error);
        if (stored is { Generation: < 0, Offsets.Count: 0 })
            return KafkaError.GroupIdNotFound;
        // Whom the configuration gives permissions may forget only what it might have read.
        if (!context.Identity.Grants.IsRestricted && stored.Offsets.Any(offset => topics.TryGet(offset.Log.Namespace, offset.Log.Topic.Value, out var topic) && !TopicAccess.CanRead(context.Identity, topic, name)))
            return KafkaError.GroupAuthorizationFailed;
        return OffsetCommitHandler.ToKafka(await consumers.DeleteOffsetsAsync(context.Namespace, name, [], context.Aborted).ConfigureAwait(false));
    }
}

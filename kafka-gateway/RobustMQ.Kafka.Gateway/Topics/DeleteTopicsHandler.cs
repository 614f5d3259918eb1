using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Topics;

internal sealed class DeleteTopicsHandler(ITopicClient client, TopicDirectory topics) : ApiHandler<DeleteTopicsRequest, DeleteTopicsResponse>
{
    protected override async ValueTask<DeleteTopicsResponse> HandleAsync(DeleteTopicsRequest request, RequestContext context)
    {
        var answers = new List<DeleteTopicsResponse.Topic>();
        foreach (var name in request.Names)
            answers.Add(await DeleteAsync(name, Guid.Empty, context).ConfigureAwait(false));
        foreach (var wanted in request.Topics)
            answers.Add(await DeleteAsync(wanted.Name, wanted.TopicId, context).ConfigureAwait(false));
        return new DeleteTopicsResponse { Topics = answers };
    }

    private async ValueTask<DeleteTopicsResponse.Topic> DeleteAsync(string? name, Guid id, RequestContext context)
    {
        Topic? topic;
        if (name is null)
        {
            if (!topics.TryGet(context.Namespace, id, out topic))
                return new() { TopicId = id, Error = KafkaError.UnknownTopicId };
        }
        else if (!topics.TryGet(context.Namespace, name, out topic))
        {
            return new() { Name = name, Error = TopicAccess.Missing(context.Identity, name, topic) };
        }
        var answer = new DeleteTopicsResponse.Topic { Name = topic.Name.Value, TopicId = topic.Id };
        if (!TopicAccess.CanChange(context.Identity, topic.Name.Value, GrantOperation.Delete, topic.Spec.Filters))
        {
            // Who may not know of the topic is not told its name either.
            answer.Name = name;
            answer.Error = KafkaError.TopicAuthorizationFailed;
            return answer;
        }
        var error = topic.IsReserved() ? ErrorCode.Unsupported : await client.DeleteAsync(topic.Namespace, topic.Name, context.Aborted).ConfigureAwait(false);
        answer.Error = error == ErrorCode.Unsupported ? KafkaError.InvalidTopic : Outcomes.ToKafka(error);
        if (error == ErrorCode.None)
            topics.Remove(topic);
        return answer;
    }
}

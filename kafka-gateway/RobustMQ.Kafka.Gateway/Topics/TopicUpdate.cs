using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>Changes a topic from what it is now: a change that another one overtook is made again on top of that.</summary>
internal sealed class TopicUpdate(ITopicClient client, TopicDirectory topics)
{
    private const int TriesMax = 5;

    /// <summary>One resource of a request to alter configs.</summary>
    public async ValueTask<AlterConfigsResponse.Result> AlterAsync(
        sbyte type, string name, Func<TopicSpec, (TopicSpec? Spec, KafkaError Error, string? Message)> change, bool validateOnly, RequestContext context)
    {
        var (error, message) = type == ConfigResources.Topic
            ? await RunAsync(name, GrantOperation.AlterConfigs, change, validateOnly, context).ConfigureAwait(false)
            : (KafkaError.InvalidRequest, ConfigResources.OnlyTopics);
        return new() { ResourceType = type, ResourceName = name, Error = error, ErrorMessage = message };
    }

    /// <param name="operation">What the client must be allowed to do.</param>
    /// <param name="change">From the present spec to the wanted one, or what is wrong.</param>
    public async ValueTask<(KafkaError Error, string? Message)> RunAsync(
        string name, GrantOperation operation, Func<TopicSpec, (TopicSpec? Spec, KafkaError Error, string? Message)> change, bool validateOnly, RequestContext context)
    {
        if (!topics.TryGet(context.Namespace, name, out var topic))
            return (TopicAccess.Missing(context.Identity, name, topic), null);
        if (!TopicAccess.CanChange(context.Identity, name, operation, topic.Spec.Filters))
            return (KafkaError.TopicAuthorizationFailed, null);
        if (topic.IsReserved())
            return (KafkaError.InvalidTopic, null);
        for (var tries = 1; ; tries++)
        {
            var (spec, error, message) = change(topic.Spec);
            if (spec is null || validateOnly)
                return (error, message);
            if (!TopicAccess.CanChange(context.Identity, name, operation, spec.Filters))
                return (KafkaError.TopicAuthorizationFailed, null);
            var result = await client.UpdateAsync(spec, topic.Revision, context.Aborted).ConfigureAwait(false);
            if (result.Succeeded)
            {
                topics.Put(result.Topic!);
                return (KafkaError.None, null);
            }
            if (result.Error != ErrorCode.RevisionMismatch || tries == TriesMax)
                return (result.Error is ErrorCode.InvalidArgument or ErrorCode.Unsupported ? KafkaError.InvalidConfig : Outcomes.ToKafka(result.Error), result.Message);
            var present = await client.GetAsync(topic.Namespace, topic.Name, context.Aborted).ConfigureAwait(false);
            if (!present.Succeeded)
                return (Outcomes.ToKafka(present.Error), present.Message);
            topic = present.Topic!;
        }
    }
}

using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>Sets the configs that are named and puts the others back to their defaults.</summary>
internal sealed class AlterConfigsHandler(TopicUpdate update, TopicMaker maker) : ApiHandler<AlterConfigsRequest, AlterConfigsResponse>
{
    protected override async ValueTask<AlterConfigsResponse> HandleAsync(AlterConfigsRequest request, RequestContext context)
    {
        var results = new List<AlterConfigsResponse.Result>(request.Resources.Count);
        foreach (var resource in request.Resources)
            results.Add(await update.AlterAsync(resource.Type, resource.Name, spec => Alter(spec, resource), request.ValidateOnly, context).ConfigureAwait(false));
        return new AlterConfigsResponse { Results = results };
    }

    private (TopicSpec? Spec, KafkaError Error, string? Message) Alter(TopicSpec present, AlterConfigsRequest.Resource resource)
    {
        var defaults = maker.Default(present.Namespace, present.Name);
        var spec = present;
        var given = resource.Configs.Select(static config => config.Name).ToHashSet();
        foreach (var config in TopicConfigs.All.Where(config => config.Default is not null && !given.Contains(config.Name)))
            spec = config.Apply(spec, config.Show(defaults)) ?? spec;
        foreach (var config in resource.Configs)
        {
            var (applied, problem) = TopicConfigs.Change(present, spec, config.Name, config.Value, defaults);
            if (applied is null)
                return (null, KafkaError.InvalidConfig, problem);
            spec = applied;
        }
        return (spec, KafkaError.None, null);
    }
}

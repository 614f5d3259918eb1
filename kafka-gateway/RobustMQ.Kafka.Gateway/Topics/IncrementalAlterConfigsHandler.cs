using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>Changes the configs that are named and leaves the others alone.</summary>
internal sealed class IncrementalAlterConfigsHandler(TopicUpdate update, TopicMaker maker) : ApiHandler<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>
{
    private const sbyte Set = 0;
    private const sbyte Delete = 1;
    private const sbyte Append = 2;
    private const sbyte Subtract = 3;

    private const sbyte List = 7;

    protected override async ValueTask<IncrementalAlterConfigsResponse> HandleAsync(IncrementalAlterConfigsRequest request, RequestContext context)
    {
        var results = new List<AlterConfigsResponse.Result>(request.Resources.Count);
        foreach (var resource in request.Resources)
            results.Add(await update.AlterAsync(resource.Type, resource.Name, spec => Alter(spec, resource), request.ValidateOnly, context).ConfigureAwait(false));
        return new IncrementalAlterConfigsResponse { Results = results };
    }

    private (TopicSpec? Spec, KafkaError Error, string? Message) Alter(TopicSpec present, IncrementalAlterConfigsRequest.Resource resource)
    {
        if (resource.Configs.DistinctBy(static config => config.Name).Count() < resource.Configs.Count)
            return (null, KafkaError.InvalidRequest, "a config is named twice");
        var defaults = maker.Default(present.Namespace, present.Name);
        var spec = present;
        foreach (var config in resource.Configs)
        {
            if (ValueOf(config, spec) is not { IsKnown: true } wanted)
                return (null, KafkaError.InvalidConfig, $"{config.Name}: the operation does not fit");
            var (applied, problem) = TopicConfigs.Change(present, spec, config.Name, wanted.Value, defaults);
            if (applied is null)
                return (null, KafkaError.InvalidConfig, problem);
            spec = applied;
        }
        return (spec, KafkaError.None, null);
    }

    /// <returns>The value to set; null for the default.</returns>
    private static (bool IsKnown, string? Value) ValueOf(IncrementalAlterConfigsRequest.Config config, TopicSpec spec)
    {
        switch (config.Operation)
        {
            case Set:
                return (config.Value is not null, config.Value);
            case Delete:
                return (true, null);
            case Append or Subtract when config.Value is { } value && TopicConfigs.Find(config.Name) is { Type: List } known:
                var present = known.Show(spec).Split(',', StringSplitOptions.RemoveEmptyEntries);
                var items = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                return (true, string.Join(',', config.Operation == Append ? present.Union(items) : present.Except(items)));
            default:
                return (false, null);
        }
    }
}

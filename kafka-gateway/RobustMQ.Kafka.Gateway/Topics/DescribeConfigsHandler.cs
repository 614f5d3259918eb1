using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Topics;

internal sealed class DescribeConfigsHandler(TopicDirectory topics, TopicMaker maker, ClusterMembership cluster, KafkaOptions options)
    : ApiHandler<DescribeConfigsRequest, DescribeConfigsResponse>
{
    private const sbyte Text = 2;

    protected override ValueTask<DescribeConfigsResponse> HandleAsync(DescribeConfigsRequest request, RequestContext context) =>
        new(new DescribeConfigsResponse { Results = [.. request.Resources.DistinctBy(static resource => (resource.Type, resource.Name)).Select(resource => Describe(resource, request, context))] });

    private DescribeConfigsResponse.Result Describe(DescribeConfigsRequest.Resource resource, DescribeConfigsRequest request, RequestContext context)
    {
        var result = new DescribeConfigsResponse.Result { ResourceType = resource.Type, ResourceName = resource.Name };
        switch (resource.Type)
        {
            case ConfigResources.Topic:
                DescribeTopic(result, resource, request, context);
                break;
            case ConfigResources.Broker when !ClusterAccess.MayDescribeConfigs(context.Identity):
                result.Error = KafkaError.ClusterAuthorizationFailed;
                break;
            case ConfigResources.Broker when resource.Name == cluster.Self?.NodeId.ToString():
                result.Configs = [.. BrokerConfigs.Show(options).Where(config => IsWanted(resource, config.Name)).Select(config => Broker(config, request))];
                break;
            default:
                result.Error = KafkaError.InvalidRequest;
                result.ErrorMessage = "configs are those of topics, and of the broker that is asked";
                break;
        }
        return result;
    }

    private void DescribeTopic(DescribeConfigsResponse.Result result, DescribeConfigsRequest.Resource resource, DescribeConfigsRequest request, RequestContext context)
    {
        if (!topics.TryGet(context.Namespace, resource.Name, out var topic))
        {
            result.Error = TopicAccess.Missing(context.Identity, resource.Name, topic);
            return;
        }
        if (!TopicAccess.CanDescribeConfigs(context.Identity, topic))
        {
            result.Error = KafkaError.TopicAuthorizationFailed;
            return;
        }
        var defaults = maker.Default(topic.Namespace, topic.Name);
        result.Configs =
        [
            .. TopicConfigs.All.Where(config => IsWanted(resource, config.Name)).Select(config =>
            {
                var value = config.Show(topic.Spec);
                var isDefault = config.Default is not null && value == config.Show(defaults);
                return new DescribeConfigsResponse.Config
                {
                    Name = config.Name,
                    Value = value,
                    IsReadOnly = config.IsReadOnly,
                    IsDefault = isDefault,
                    Source = isDefault ? ConfigSources.Default : ConfigSources.Topic,
                    Synonyms = request.IncludeSynonyms ? [.. Synonyms(config, value, isDefault, defaults)] : [],
                    Type = config.Type,
                    Documentation = request.IncludeDocumentation ? config.Documentation : null,
                };
            })
        ];
    }

    private static bool IsWanted(DescribeConfigsRequest.Resource resource, string name) => resource.Keys is not { Count: > 0 } keys || keys.Contains(name);

    /// <summary>What decides a value, and what would if that were taken away.</summary>
    private static IEnumerable<DescribeConfigsResponse.Synonym> Synonyms(TopicConfig config, string value, bool isDefault, TopicSpec defaults)
    {
        if (!isDefault)
            yield return new() { Name = config.Name, Value = value, Source = ConfigSources.Topic };
        if (config.Default is not null)
            yield return new() { Name = config.Name, Value = config.Show(defaults), Source = ConfigSources.Default };
    }

    private static DescribeConfigsResponse.Config Broker((string Name, string Value) config, DescribeConfigsRequest request) => new()
    {
        Name = config.Name,
        Value = config.Value,
        IsReadOnly = true,
        Source = ConfigSources.Broker,
        Synonyms = request.IncludeSynonyms ? [new() { Name = config.Name, Value = config.Value, Source = ConfigSources.Broker }] : [],
        Type = Text,
    };
}

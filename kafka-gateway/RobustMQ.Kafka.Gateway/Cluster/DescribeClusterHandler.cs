using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Cluster;

internal sealed class DescribeClusterHandler(ClusterMembership cluster, TopicDirectory topics) : ApiHandler<DescribeClusterRequest, DescribeClusterResponse>
{
    private const sbyte BrokerEndpoints = 1;
    private const sbyte ControllerEndpoints = 2;

    protected override ValueTask<DescribeClusterResponse> HandleAsync(DescribeClusterRequest request, RequestContext context)
    {
        if (request.EndpointType != BrokerEndpoints)
        {
            return new(new DescribeClusterResponse
            {
                Error = request.EndpointType == ControllerEndpoints ? KafkaError.MismatchedEndpointType : KafkaError.UnsupportedEndpointType,
                ErrorMessage = "there are no controllers apart from the brokers",
                EndpointType = request.EndpointType,
            });
        }
        var brokers = cluster.Brokers;
        return new(new DescribeClusterResponse
        {
            ClusterId = topics.ClusterId,
            ControllerId = brokers.Count == 0 ? -1 : brokers[0].NodeId,
            ClusterAuthorizedOperations = request.IncludeClusterAuthorizedOperations ? AuthorizedOperations.OfCluster(context.Identity) : int.MinValue,
            Brokers = [.. brokers.Select(static broker => new DescribeClusterResponse.Broker { NodeId = broker.NodeId, Host = broker.Host, Port = broker.Port })],
        });
    }
}

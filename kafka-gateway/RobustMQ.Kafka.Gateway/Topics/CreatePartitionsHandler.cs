using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Topics;

internal sealed class CreatePartitionsHandler(TopicUpdate update) : ApiHandler<CreatePartitionsRequest, CreatePartitionsResponse>
{
    protected override async ValueTask<CreatePartitionsResponse> HandleAsync(CreatePartitionsRequest request, RequestContext context)
    {
        var results = new List<CreatePartitionsResponse.Result>(request.Topics.Count);
        foreach (var wanted in request.Topics)
        {
            var (error, message) = await update.RunAsync(wanted.Name, GrantOperation.Alter, spec => Grow(spec, wanted), request.ValidateOnly, context).ConfigureAwait(false);
            // The only thing that changes is the number.
            results.Add(new() { Name = wanted.Name, Error = error == KafkaError.InvalidConfig ? KafkaError.InvalidPartitions : error, ErrorMessage = message });
        }
        return new CreatePartitionsResponse { Results = results };
    }

    private static (TopicSpec? Spec, KafkaError Error, string? Message) Grow(TopicSpec spec, CreatePartitionsRequest.Topic wanted)
    {
        if (wanted.Count <= spec.Partitions)
            return (null, KafkaError.InvalidPartitions, $"the topic has {spec.Partitions} partitions, and they only become more");
        if (wanted.Assignments is { } assignments && assignments.Count != wanted.Count - spec.Partitions)
            return (null, KafkaError.InvalidReplicaAssignment, "one assignment for each new partition");
        return (spec with { Partitions = wanted.Count }, KafkaError.None, null);
    }
}

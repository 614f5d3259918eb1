using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Tells which users can log in by SCRAM, configured ones and those that were made at run time.</summary>
internal sealed class DescribeUserScramCredentialsHandler(IdentityProvider users) : ApiHandler<DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse>
{
    protected override ValueTask<DescribeUserScramCredentialsResponse> HandleAsync(DescribeUserScramCredentialsRequest request, RequestContext context)
    {
        if (!ClusterAccess.May(context.Identity, GrantOperation.Describe))
            return new(new DescribeUserScramCredentialsResponse { Error = KafkaError.ClusterAuthorizationFailed });
        var known = users.Users.Where(user => user.Identity.Namespace == context.Namespace).ToDictionary(static user => user.Identity.Name, StringComparer.Ordinal);
        // All: those that have a credential. By name: each, the missing ones as errors.
        var results = request.Users is not { Count: > 0 } wanted
            ? known.Keys.Order(StringComparer.Ordinal).Select(name => Describe(name, known)).Where(static result => result.Error == KafkaError.None)
            : wanted.Select(user => Describe(user.Name, known));
        return new(new DescribeUserScramCredentialsResponse { Results = [.. results] });
    }

    private static DescribeUserScramCredentialsResponse.Result Describe(string name, Dictionary<string, UserDescription> known) =>
        known.GetValueOrDefault(name) is { Scram.Count: > 0 } user
            ? new()
            {
                User = name,
                Credentials = [.. user.Scram.Select(static verifier => new DescribeUserScramCredentialsResponse.Credential { Mechanism = ScramNumbers.NumberOf(verifier.Mechanism), Iterations = verifier.Iterations })],
            }
            : new() { User = name, Error = KafkaError.ResourceNotFound, ErrorMessage = "no such user, or none that can log in by SCRAM" };
}

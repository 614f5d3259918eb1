using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Grants: each creation by itself, those of one principal in one change. What is there already is made again without a word.</summary>
internal sealed class CreateAclsHandler(IdentityProvider users) : ApiHandler<CreateAclsRequest, CreateAclsResponse>
{
    protected override async ValueTask<CreateAclsResponse> HandleAsync(CreateAclsRequest request, RequestContext context)
    {
        var (store, error, message) = UserChanges.Open(users, context);
        if (store is null)
            return new() { Results = [.. request.Creations.Select(_ => new CreateAclsResponse.Result { Error = error, ErrorMessage = message })] };
        var asked = request.Creations.Select(SharedGrants.Read).ToArray();
        var outcomes = new Dictionary<string, (KafkaError Error, string? Message)>(StringComparer.Ordinal);
        foreach (var ofUser in asked.Where(static asked => asked.Grant is not null).GroupBy(static asked => asked.User, static asked => asked.Grant!))
            outcomes[ofUser.Key] = Outcome(await store.ChangeGrantsAsync(context.Namespace, ofUser.Key, present => Joined(present, ofUser), context.Aborted).ConfigureAwait(false));
        return new()
        {
            Results =
            [
                .. asked.Select(asked => asked.Grant is null ? (asked.Error, asked.Message) : outcomes[asked.User])
                    .Select(static outcome => new CreateAclsResponse.Result { Error = outcome.Item1, ErrorMessage = outcome.Item2 })
            ],
        };
    }

    /// <summary>In the order in which they were made.</summary>
    private static List<Grant> Joined(IReadOnlyList<Grant> present, IEnumerable<Grant> added) => [.. present.Concat(added).Distinct()];

    private static (KafkaError Error, string? Message) Outcome(ErrorCode error) => error switch
    {
        ErrorCode.InvalidArgument => (KafkaError.InvalidRequest, $"a user's name has at most {StoredUser.NameBytesMax} bytes and no control characters"),
        ErrorCode.LimitExceeded => (KafkaError.PolicyViolation, $"a principal has at most {StoredGrants.CountMax} grants, and only so many principals have any; one grant of a prefix speaks of many resources, one of User:* of everybody"),
        _ => UserChanges.Outcome(error),
    };
}

using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Makes, changes and removes users by what they log in with. A new one belongs to the namespace of who makes it; the last credential takes its user along.</summary>
internal sealed class AlterUserScramCredentialsHandler(IdentityProvider users) : ApiHandler<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>
{
    protected override async ValueTask<AlterUserScramCredentialsResponse> HandleAsync(AlterUserScramCredentialsRequest request, RequestContext context)
    {
        var deletions = request.Deletions.ToLookup(static deletion => deletion.User, StringComparer.Ordinal);
        var upsertions = request.Upsertions.ToLookup(static upsertion => upsertion.User, StringComparer.Ordinal);
        var (store, error, message) = UserChanges.Open(users, context);
        var results = new List<AlterUserScramCredentialsResponse.Result>();
        foreach (var name in deletions.Concat<IGrouping<string, object>>(upsertions).Select(static user => user.Key).Distinct(StringComparer.Ordinal))
        {
            if (store is not null)
                (error, message) = await AlterAsync(store, name, deletions[name], upsertions[name], context).ConfigureAwait(false);
            results.Add(new() { User = name, Error = error, ErrorMessage = message });
        }
        return new() { Results = results };
    }

    private static async ValueTask<(KafkaError Error, string? Message)> AlterAsync(
        UserStore store,
        string name,
        IEnumerable<AlterUserScramCredentialsRequest.Deletion> deletions,
        IEnumerable<AlterUserScramCredentialsRequest.Upsertion> upsertions,
        RequestContext context)
    {
        var (alteration, problem, message) = ScramAlteration.Read(deletions, upsertions);
        if (alteration is null)
            return (problem, message);
        var isMissing = false;
        var error = await store.ChangeUserAsync(
            context.Namespace,
            name,
            present =>
            {
                var verifiers = present?.Verifiers ?? [];
                var altered = alteration.Apply(verifiers);
                isMissing = altered is null;
                return new StoredUser(name, context.Namespace, altered ?? verifiers);
            },
            context.Aborted).ConfigureAwait(false);
        return error switch
        {
            ErrorCode.None when isMissing => (KafkaError.ResourceNotFound, "there is no such credential to delete"),
            ErrorCode.InvalidArgument => (KafkaError.UnacceptableCredential, $"a user's name has 1 to {StoredUser.NameBytesMax} bytes without control characters, and is not {StoredGrants.Everybody}"),
            // Whose it is, is not told: it may be a user of another namespace.
            ErrorCode.AlreadyExists => (KafkaError.PolicyViolation, "the name is taken by a user that is not changed here; those that are configured are changed under auth:users"),
            ErrorCode.LimitExceeded => (KafkaError.PolicyViolation, "there are as many users as there may be"),
            _ => UserChanges.Outcome(error),
        };
    }
}

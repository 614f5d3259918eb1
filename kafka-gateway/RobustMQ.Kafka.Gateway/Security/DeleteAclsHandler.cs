using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Takes back what was granted at run time, everything that a filter matches. What the configuration says stays, and a filter that matches nothing else is refused.</summary>
internal sealed class DeleteAclsHandler(IdentityProvider users) : ApiHandler<DeleteAclsRequest, DeleteAclsResponse>
{
    protected override async ValueTask<DeleteAclsResponse> HandleAsync(DeleteAclsRequest request, RequestContext context)
    {
        var (store, error, message) = UserChanges.Open(users, context);
        if (store is null)
            return new() { Results = [.. request.Filters.Select(_ => new DeleteAclsResponse.Result { Error = error, ErrorMessage = message })] };
        var deletions = request.Filters.Select(static filter => new AclDeletion(filter)).ToArray();
        var possible = deletions.Where(static deletion => deletion.Error == KafkaError.None).ToArray();
        foreach (var user in UsersOf(possible, context.Namespace))
            await DeleteAsync(store, user, possible, context).ConfigureAwait(false);
        RefuseConfigured([.. possible.Where(static deletion => deletion is { Error: KafkaError.None, Gone.Count: 0 })], context.Namespace);
        return new() { Results = [.. deletions.Select(static deletion => deletion.ToResult())] };
    }

    private void RefuseConfigured(AclDeletion[] deletions, Namespace ns)
    {
        SharedAcl[] configured = deletions.Length > 0 ? [.. SharedPermissions.AclsOf(users, ns)] : [];
        foreach (var deletion in deletions.Where(deletion => Array.Exists(configured, acl => acl.Matches(deletion.Filter))))
            (deletion.Error, deletion.Message) = (KafkaError.PolicyViolation, SharedPermissions.AreConfigured);
    }

    /// <summary>Whose grants are known to match, and who is named: what another gateway has just granted is not missed then.</summary>
    private IEnumerable<string> UsersOf(AclDeletion[] deletions, Namespace ns) =>
        users.GrantsOf(ns).Where(granted => SharedGrants.AclsOf(granted).Any(acl => Array.Exists(deletions, deletion => acl.Matches(deletion.Filter)))).Select(static granted => granted.User)
            .Union(deletions.Select(static deletion => SharedGrants.UserOf(deletion.Filter.Principal)).OfType<string>());

    private static async ValueTask DeleteAsync(UserStore store, string user, AclDeletion[] deletions, RequestContext context)
    {
        List<SharedAcl> gone = [];
        var error = await store.ChangeGrantsAsync(
            context.Namespace,
            user,
            present =>
            {
                var matched = present.ToLookup(grant => SharedGrants.AclOf(user, grant) is var acl && Array.Exists(deletions, deletion => acl.Matches(deletion.Filter)));
                gone = [.. matched[true].Select(grant => SharedGrants.AclOf(user, grant))];
                return [.. matched[false]];
            },
            context.Aborted).ConfigureAwait(false);
        // A name that no user can have has no grants.
        if (error == ErrorCode.InvalidArgument)
            return;
        foreach (var deletion in deletions)
        {
            if (error == ErrorCode.None)
                deletion.Gone.AddRange(gone.Where(acl => acl.Matches(deletion.Filter)));
            else if (deletion.Filter.Principal is null || SharedGrants.UserOf(deletion.Filter.Principal) == user)
                (deletion.Error, deletion.Message) = UserChanges.Outcome(error);
        }
    }
}

using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>
/// The permissions that all protocols share, as ACLs: publishing is Write and subscribing is Read of topics; <c>filter queue</c> is also Read of the group. <c>a.></c> is the
/// prefix <c>a.</c>, and <c>></c> is every name. A filter that no ACL can say (wildcards elsewhere) is shown as it is: no topic has such a name.
/// </summary>
internal static class SharedPermissions
{
    public const string AreConfigured = "these permissions are configured: they are changed under auth:users or auth:default_permissions";

    /// <summary>Of all users of a namespace.</summary>
    public static IEnumerable<SharedAcl> AclsOf(IdentityProvider users, Namespace ns) => users.Users.Where(user => user.Identity.Namespace == ns).SelectMany(AclsOf);

    /// <summary>What the configuration says of a user; of one that was made at run time that may be nothing.</summary>
    public static IEnumerable<SharedAcl> AclsOf(UserDescription user)
    {
        var principal = SharedGrants.PrincipalOf(user.Identity.Name);
        if (user.Permissions is not { } permissions)
            return user.IsStored ? [] : Everything(principal);
        // Who may answer requests, and is told nothing else, may publish answers only, which no ACL can say.
        IReadOnlyList<string> publishes = permissions is { PublishAllow.Count: 0, Responses: null } ? [">"] : permissions.PublishAllow;
        IReadOnlyList<string> subscribes = permissions.SubscribeAllow.Count == 0 ? [">"] : permissions.SubscribeAllow;
        return
        [
            .. publishes.SelectMany(filter => Of(principal, filter, SharedAcl.Write, SharedAcl.Allow)),
            .. permissions.PublishDeny.SelectMany(filter => Of(principal, filter, SharedAcl.Write, SharedAcl.Deny)),
            .. subscribes.SelectMany(filter => Of(principal, filter, SharedAcl.Read, SharedAcl.Allow)),
            .. permissions.SubscribeDeny.SelectMany(filter => Of(principal, filter, SharedAcl.Read, SharedAcl.Deny)),
        ];
    }

    private static IEnumerable<SharedAcl> Everything(string principal) =>
    [
        new SharedAcl(principal, SharedAcl.Topic, SharedAcl.AnyName, SharedAcl.Literal, SharedAcl.All, SharedAcl.Allow),
        new SharedAcl(principal, SharedAcl.Group, SharedAcl.AnyName, SharedAcl.Literal, SharedAcl.All, SharedAcl.Allow),
        new SharedAcl(principal, SharedAcl.TransactionalId, SharedAcl.AnyName, SharedAcl.Literal, SharedAcl.All, SharedAcl.Allow),
        new SharedAcl(principal, SharedAcl.Cluster, Grant.ClusterName, SharedAcl.Literal, SharedAcl.All, SharedAcl.Allow),
    ];

    private static IEnumerable<SharedAcl> Of(string principal, string entry, sbyte operation, sbyte permission)
    {
        var parts = entry.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (name, pattern) = parts[0] switch
        {
            ">" => (SharedAcl.AnyName, SharedAcl.Literal),
            [.., '.', '>'] prefix when !prefix.Contains('*') => (prefix[..^1], SharedAcl.Prefixed),
            _ => (parts[0], SharedAcl.Literal),
        };
        yield return new SharedAcl(principal, SharedAcl.Topic, name, pattern, operation, permission);
        if (parts.Length > 1)
            yield return new SharedAcl(principal, SharedAcl.Group, parts[1], SharedAcl.Literal, operation, permission);
    }
}

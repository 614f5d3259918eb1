using RobustMQ.GatewayKit.Identity;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>
/// The permissions that all protocols share, as ACLs: publishing is Write and subscribing is Read of topics; <c>filter queue</c> is also Read of the group. <c>a.></c> is the
/// prefix <c>a.</c>, and <c>></c> is every name. A filter that no ACL can say (wildcards elsewhere) is shown as it is: no topic has such a name.
/// </summary>
internal static class SharedPermissions
{
    public const string AreConfigured = "users and permissions are configured under auth:users";

    public static IEnumerable<SharedAcl> AclsOf(UserDescription user)
    {
        var principal = $"User:{user.Identity.Name}";
        if (user.Permissions is not { } permissions)
        {
            return
            [
                new SharedAcl(principal, SharedAcl.Topic, SharedAcl.AnyName, SharedAcl.Literal, SharedAcl.All, SharedAcl.Allow),
                new SharedAcl(principal, SharedAcl.Group, SharedAcl.AnyName, SharedAcl.Literal, SharedAcl.All, SharedAcl.Allow),
            ];
        }
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

using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Stored;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>A user, ready to be recognised: one of the configuration, or one that was made at run time. Unchanging but for what is remembered of right passwords.</summary>
internal sealed class KnownUser
{
    private KnownUser(string name, UserIdentity identity, PermissionOptions? permissions, Secret? password, Secret? token, StoredUser? stored)
    {
        Name = name;
        Identity = identity;
        Permissions = permissions;
        Password = password;
        Token = token;
        Stored = stored;
    }

    public string Name { get; }

    public UserIdentity Identity { get; }

    /// <summary>Of the configuration. Null: everything, or for a stored user nothing.</summary>
    public PermissionOptions? Permissions { get; }

    public Secret? Password { get; }

    public Secret? Token { get; }

    /// <summary>Null: configured.</summary>
    public StoredUser? Stored { get; }

    public static KnownUser Of(UserOptions options, PermissionOptions? defaults, IReadOnlyList<Grant> granted)
    {
        var permissions = options.Permissions ?? defaults;
        var grants = new UserGrants(granted, isRestricted: false);
        var effective = permissions is not null || grants.All.Any(static grant => grant is { Resource: GrantResource.Topic, IsDenied: true })
            ? new Permissions(permissions ?? new PermissionOptions(), grants, TokenOf(options.Name), client: null)
            : null;
        var identity = new UserIdentity(options.Name, options.Namespace, effective, permissions?.Responses) { Grants = grants, IsAdministrator = permissions is null };
        return new KnownUser(
            options.Name, identity, permissions, options.Password is { } password ? new Secret(password) : null, options.Token is { } token ? new Secret(token) : null, stored: null);
    }

    /// <summary>One of the default permissions, where they are configured and have a token for the name; otherwise nothing is allowed that was not granted.</summary>
    public static KnownUser Of(StoredUser user, PermissionOptions? defaults, IReadOnlyList<Grant> granted)
    {
        var permissions = defaults?.Mentions(ClientTokens.User) == true && !ClientTokens.TryEscape(user.Name, out _) ? null : defaults;
        var grants = new UserGrants(granted, isRestricted: permissions is null);
        var effective = new Permissions(permissions ?? new PermissionOptions(), grants, TokenOf(user.Name), client: null);
        var identity = new UserIdentity(user.Name, user.Namespace, effective, permissions?.Responses) { Grants = grants, Credentials = user.Verifiers[0] };
        return new KnownUser(user.Name, identity, permissions, new Secret(user.Verifiers[0]), token: null, user);
    }

    /// <summary>The same user with other grants; right passwords stay known, and permissions that nothing was said of are the same ones.</summary>
    public KnownUser With(KnownUser regranted)
    {
        var identity = TopicGrants.AreSame(Identity.Grants, regranted.Identity.Grants) ? regranted.Identity with { Permissions = Identity.Permissions } : regranted.Identity;
        return new KnownUser(Name, identity, regranted.Permissions, Password, Token, Stored);
    }

    /// <summary>Where rules speak of the user name (<c>%u</c>), the configuration was refused for a name that has no token.</summary>
    private static string TokenOf(string name) => ClientTokens.TryEscape(name, out var token) ? token : string.Empty;
}

namespace RobustMQ.GatewayKit.Identity;

/// <summary>A configured user, ready to be recognised.</summary>
internal sealed class KnownUser(UserOptions options, PermissionOptions? defaults)
{
    public string Name => options.Name;

    public string? Key => options.Key;

    public IReadOnlyList<string> Certificates => options.Certificates;

    public PermissionOptions? Permissions { get; } = options.Permissions ?? defaults;

    public Secret? Password { get; } = options.Password is { } password ? new Secret(password) : null;

    public Secret? Token { get; } = options.Token is { } token ? new Secret(token) : null;

    public UserIdentity Identity { get; } = Create(options, options.Permissions ?? defaults);

    private static UserIdentity Create(UserOptions options, PermissionOptions? permissions) =>
        new(options.Name, options.Namespace, permissions is null ? null : new Permissions(permissions, TokenOf(options.Name), null), permissions?.Responses);

    /// <summary>Where rules speak of the user name (<c>%u</c>), the configuration was refused for a name that has no token.</summary>
    private static string TokenOf(string name) => ClientTokens.TryEscape(name, out var token) ? token : string.Empty;
}

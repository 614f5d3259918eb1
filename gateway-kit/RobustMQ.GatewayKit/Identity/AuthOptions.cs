using RobustMQ.Hosting.Configuration;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>Who may connect, for every protocol: the section <c>auth</c>.</summary>
public sealed record AuthOptions
{
    /// <summary>Empty: anybody may connect and do everything.</summary>
    public IReadOnlyList<UserOptions> Users { get; init; } = [];

    /// <summary>Who clients without credentials are. Null: they are turned away.</summary>
    public string? NoAuthUser { get; init; }

    /// <summary>Of users without permissions of their own. Null: everything.</summary>
    public PermissionOptions? DefaultPermissions { get; init; }

    /// <summary>Password hashes computed at once: a flood of logins costs no more than these.</summary>
    public int HashingMax { get; init; } = 1;

    /// <summary>Logins that may wait for their turn; more are refused.</summary>
    public int HashingQueueMax { get; init; } = 1024;

    /// <summary>Failures of one address before it has to wait between tries.</summary>
    public int FailuresMax { get; init; } = 10;

    /// <summary>First wait, doubled by every further failure up to 100 times as much.</summary>
    public TimeSpan FailureBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    public static AuthOptions Read(SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var options = new AuthOptions
        {
            Users = settings.List("auth:users", UserOptions.Read),
            NoAuthUser = settings.OptionalText("auth:no_auth_user", "user that clients without credentials are; none: they are turned away"),
            DefaultPermissions = PermissionOptions.Read(settings, "auth:default_permissions"),
            HashingMax = settings.Number(
                "auth:hashing_max", Math.Max(1, Environment.ProcessorCount / 2), 1, 1024, "password hashes computed at once; half the cores keeps the rest for messages"),
            HashingQueueMax = settings.Number("auth:hashing_queue_max", 1024, 0, 1_000_000, "logins that may wait for a hash; more are refused"),
            FailuresMax = settings.Number("auth:failures_max", 10, 1, 1_000_000, "failed logins of one address before it must wait between tries"),
            FailureBackoff = settings.Duration(
                "auth:failure_backoff", TimeSpan.FromMilliseconds(100), TimeSpan.Zero, TimeSpan.FromMinutes(1), "first such wait; doubles up to 100 times as much"),
        };
        options.Check(settings);
        return options;
    }

    private void Check(SettingsReader settings)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var at = 0; at < Users.Count; at++)
        {
            if (!names.Add(Users[at].Name))
                settings.Refuse($"auth:users:{at}:name", "is the name of an earlier user");
            if (Users[at].Permissions is null && DefaultPermissions?.Mentions(ClientTokens.User) == true && !ClientTokens.TryEscape(Users[at].Name, out _))
                settings.Refuse($"auth:users:{at}:name", "cannot stand for %u in auth:default_permissions: / + # * > and control characters");
        }
        if (NoAuthUser is not null && !names.Contains(NoAuthUser))
            settings.Refuse("auth:no_auth_user", "is none of auth:users");
    }
}

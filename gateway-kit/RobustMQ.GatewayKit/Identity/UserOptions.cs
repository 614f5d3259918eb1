using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>One user as configured.</summary>
public sealed record UserOptions
{
    public required string Name { get; init; }

    /// <summary>A bcrypt hash (<c>$2a$</c>, <c>$2b$</c>, <c>$2y$</c>), or the password itself. Null: no login by password.</summary>
    public string? Password { get; init; }

    /// <summary>Logs in on its own, without a name; a bcrypt hash or the token itself. Null: none.</summary>
    public string? Token { get; init; }

    /// <summary>Public key whose signature a protocol takes instead of a password (NATS: an NKEY <c>U...</c>).</summary>
    public string? Key { get; init; }

    /// <summary>Verifiers for SCRAM, at most one for each mechanism. A plain password needs none: they are computed from it.</summary>
    public IReadOnlyList<string> Scram { get; init; } = [];

    /// <summary>TLS client certificates that are this user: a whole subject (<c>CN=ann,O=Example</c>) or a DNS, e-mail or URI name of the certificate.</summary>
    public IReadOnlyList<string> Certificates { get; init; } = [];

    public Namespace Namespace { get; init; } = Namespace.Default;

    /// <summary>Null: the default permissions.</summary>
    public PermissionOptions? Permissions { get; init; }

    public static UserOptions Read(SettingsReader settings, string section)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var user = new UserOptions
        {
            Name = settings.RequiredText($"{section}:name", "name of the user"),
            Password = settings.Secret($"{section}:password", "bcrypt hash ($2a$, $2b$, $2y$) of the password, or the password itself"),
            Token = settings.Secret($"{section}:token", "a secret that logs in without a name; bcrypt hash or the token itself"),
            Key = settings.OptionalText($"{section}:nkey", "public key (U...) that signs in instead of a password"),
            Scram = ReadScram(settings, $"{section}:scram"),
            Certificates = settings.Texts($"{section}:certificates", "TLS client certificates that are this user: subject, or DNS, e-mail or URI name"),
            Namespace = ReadNamespace(settings, $"{section}:namespace"),
            Permissions = PermissionOptions.Read(settings, $"{section}:permissions"),
        };
        if (user is { Password: null, Token: null, Key: null, Scram.Count: 0, Certificates.Count: 0 })
            settings.Refuse($"{section}:name", "has no way to log in: give a password, token, nkey, scram or certificates");
        if (user.Permissions?.Mentions(ClientTokens.User) == true && !ClientTokens.TryEscape(user.Name, out _))
            settings.Refuse($"{section}:name", "cannot stand for %u in the user's permissions: / + # * > and control characters");
        return user;
    }

    private static IReadOnlyList<string> ReadScram(SettingsReader settings, string key)
    {
        var texts = settings.Texts(key, "SCRAM verifiers, SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY and the same of SHA-512, for a password that is not plain");
        if (texts.Any(static text => !ScramVerifier.TryParse(text, out _)))
            settings.Refuse(key, "is no SCRAM verifier");
        return texts;
    }

    private static Namespace ReadNamespace(SettingsReader settings, string key)
    {
        var text = settings.Text(key, Namespace.Default.Value, "namespace (NATS account, AMQP vhost) the user lives in");
        if (!Namespace.TryParse(text, out var result))
            settings.Refuse(key, $"is no namespace: 1-{Namespace.LengthMax} of A-Z a-z 0-9 . _ -");
        return result;
    }
}

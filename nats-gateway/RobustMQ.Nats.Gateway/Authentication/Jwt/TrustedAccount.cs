using System.Text.Json;
using RobustMQ.GatewayKit.Identity;

namespace RobustMQ.Nats.Gateway.Authentication.Jwt;

/// <summary>An account of decentralised mode, as its operator signed it.</summary>
internal sealed class TrustedAccount
{
    private const string EveryUser = "*";

    private static readonly string[] UnservedClaims = ["imports", "exports", "mappings", "authorization"];

    private readonly SignedClaims _claims;
    private readonly Dictionary<string, UserLimits?> _signingKeys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _revocations = new(StringComparer.Ordinal);

    /// <exception cref="FormatException">A claim has the wrong type.</exception>
    public TrustedAccount(SignedClaims claims)
    {
        _claims = claims;
        var limits = claims.Nats.Object("limits");
        ConnectionsMax = limits.Long("conn");
        SubscriptionsMax = limits.Long("subs");
        PayloadBytesMax = limits.Long("payload");
        RefusesBearers = limits.Flag("disallow_bearer");
        DefaultPermissions = PermissionClaims.Read(claims.Nats.Object("default_permissions"));
        ReadSigningKeys(claims.Nats);
        if (claims.Nats.Object("revocations") is { ValueKind: JsonValueKind.Object } revocations)
        {
            foreach (var entry in revocations.EnumerateObject())
                _revocations[entry.Name] = revocations.Long(entry.Name);
        }
    }

    public string PublicKey => _claims.Subject.Text;

    public string Name => _claims.Name;

    public IReadOnlyList<string> Tags => _claims.Tags;

    public DateTimeOffset? ExpiresAt => _claims.ExpiresAt;

    /// <summary>Of this gateway; -1: no limit.</summary>
    public long ConnectionsMax { get; }

    public long SubscriptionsMax { get; }

    public long PayloadBytesMax { get; }

    public bool RefusesBearers { get; }

    public PermissionOptions DefaultPermissions { get; }

    /// <summary>What the operator gave the account and this gateway does not serve.</summary>
    public IEnumerable<string> Unserved => UnservedClaims.Where(IsUsed);

    public bool IsValidAt(DateTimeOffset now) => _claims.IsValidAt(now);

    /// <summary>Whether a key may sign users for the account.</summary>
    /// <param name="template">What its users may do at most; null: whatever their own claims say.</param>
    public bool HasIssuer(string publicKey, out UserLimits? template) => _signingKeys.TryGetValue(publicKey, out template);

    /// <summary>Tokens of a user that were issued until the revocation count no more.</summary>
    public bool HasRevoked(string user, long issuedAt) =>
        (_revocations.TryGetValue(user, out var until) && issuedAt <= until) || (_revocations.TryGetValue(EveryUser, out until) && issuedAt <= until);

    private bool IsUsed(string claim) =>
        _claims.Nats.TryGetProperty(claim, out var value)
        && (value.ValueKind == JsonValueKind.Array ? value.GetArrayLength() > 0 : value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any(static entry =>
            entry.Value.ValueKind != JsonValueKind.Array || entry.Value.GetArrayLength() > 0));

    private void ReadSigningKeys(JsonElement claims)
    {
        _signingKeys[PublicKey] = null;
        foreach (var key in claims.Items("signing_keys"))
        {
            if (key.ValueKind == JsonValueKind.String)
                _signingKeys[key.GetString()!] = null;
            else if (key.Text("kind") == "user_scope" && key.Text("key") is { } scoped)
                _signingKeys[scoped] = UserLimits.Read(key.Object("template"));
            else
                throw new FormatException("A signing key is neither a key nor a user scope.");
        }
    }
}

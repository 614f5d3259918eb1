using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RobustMQ.GatewayKit.Identity.Scram;

/// <summary>
/// What a server keeps of a password for SCRAM (RFC 5802, section 3): enough to check a client and to prove itself, not enough to log in with. Written as PostgreSQL
/// writes it: <c>SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY</c>, the last three in base64.
/// </summary>
public sealed record ScramVerifier(ScramMechanism Mechanism, int Iterations, byte[] Salt, byte[] StoredKey, byte[] ServerKey)
{
    /// <summary>What RFC 7677 asks for at least, and Kafka does by default.</summary>
    public const int DefaultIterations = 4096;

    private const int SaltBytes = 16;

    private const int IterationsMax = 10_000_000;

    /// <summary>Computes the keys of a password under a salt of its own: a few milliseconds.</summary>
    public static ScramVerifier Create(ScramMechanism mechanism, string password) => Create(mechanism, password, RandomNumberGenerator.GetBytes(SaltBytes), DefaultIterations);

    public static ScramVerifier Create(ScramMechanism mechanism, string password, byte[] salt, int iterations)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        return FromSalted(mechanism, Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, mechanism.Hash, mechanism.HashBytes), salt, iterations);
    }

    public static bool TryParse(string text, out ScramVerifier? verifier)
    {
        ArgumentNullException.ThrowIfNull(text);
        verifier = null;
        var parts = text.Split('$');
        if (parts.Length != 3 || ScramMechanism.All.FirstOrDefault(mechanism => mechanism.Name == parts[0]) is not { } known)
            return false;
        var (cost, keys) = (parts[1].Split(':'), parts[2].Split(':'));
        if (cost.Length != 2 || keys.Length != 2
            || !int.TryParse(cost[0], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is < 1 or > IterationsMax
            || Bytes(cost[1]) is not { Length: > 0 } salt || Bytes(keys[0]) is not { } stored || Bytes(keys[1]) is not { } server
            || stored.Length != known.HashBytes || server.Length != known.HashBytes)
        {
            return false;
        }
        verifier = new ScramVerifier(known, iterations, salt, stored, server);
        return true;
    }

    /// <summary>From what a client computed of a password, so that the password itself is not told (KIP-554).</summary>
    public static ScramVerifier FromSalted(ScramMechanism mechanism, byte[] saltedPassword, byte[] salt, int iterations)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        return new ScramVerifier(mechanism, iterations, salt, mechanism.HashOf(mechanism.Hmac(saltedPassword, "Client Key"u8)), mechanism.Hmac(saltedPassword, "Server Key"u8));
    }

    /// <summary>Whether this is a verifier of the password: costs what a login by SCRAM costs the client.</summary>
    public bool IsOf(string password) => CryptographicOperations.FixedTimeEquals(Create(Mechanism, password, Salt, Iterations).StoredKey, StoredKey);

    /// <summary>As <see cref="TryParse"/> reads it. To be stored, not to be shown.</summary>
    public string ToText() => $"{Mechanism.Name}${Iterations}:{Convert.ToBase64String(Salt)}${Convert.ToBase64String(StoredKey)}:{Convert.ToBase64String(ServerKey)}";

    /// <summary>No key in a log.</summary>
    public override string ToString() => Mechanism.Name;

    private static byte[]? Bytes(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? bytes[..length] : null;
    }
}

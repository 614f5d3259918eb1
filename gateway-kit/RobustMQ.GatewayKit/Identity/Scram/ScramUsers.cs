using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace RobustMQ.GatewayKit.Identity.Scram;

/// <summary>
/// Verifiers by user: those that are configured, and those of plain passwords, computed when first asked for. A bcrypt hash gives none. Any thread.
/// </summary>
internal sealed class ScramUsers
{
    private const int DecoySaltBytes = 16;

    private readonly byte[] _decoyKey = RandomNumberGenerator.GetBytes(32);
    private readonly Dictionary<(string User, ScramMechanism), ScramVerifier> _configured = [];
    private readonly Dictionary<string, string> _passwords = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string User, ScramMechanism), ScramVerifier> _computed = new();

    public void Add(UserOptions user)
    {
        foreach (var text in user.Scram)
        {
            if (ScramVerifier.TryParse(text, out var verifier))
                _configured[(user.Name, verifier!.Mechanism)] = verifier;
        }
        if (user.Password is { } password && !Secret.IsHash(password))
            _passwords[user.Name] = password;
    }

    /// <summary>Of a user that is there; null where it cannot log in this way.</summary>
    public ScramVerifier? Find(string user, ScramMechanism mechanism)
    {
        if (_configured.TryGetValue((user, mechanism), out var configured))
            return configured;
        return _passwords.TryGetValue(user, out var password)
            ? _computed.GetOrAdd((user, mechanism), static (key, password) => ScramVerifier.Create(key.Item2, password), password)
            : null;
    }

    /// <summary>For a name that nobody has: the same salt at every try, and keys that nothing proves.</summary>
    public ScramVerifier Decoy(string user, ScramMechanism mechanism)
    {
        var salt = HMACSHA256.HashData(_decoyKey, Encoding.UTF8.GetBytes($"{mechanism.Name} {user}"))[..DecoySaltBytes];
        return new ScramVerifier(mechanism, ScramVerifier.DefaultIterations, salt, RandomNumberGenerator.GetBytes(mechanism.HashBytes), RandomNumberGenerator.GetBytes(mechanism.HashBytes));
    }
}

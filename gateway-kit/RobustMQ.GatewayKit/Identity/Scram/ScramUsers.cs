using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace RobustMQ.GatewayKit.Identity.Scram;

/// <summary>
/// Verifiers by user: those that are configured or stored, and those of plain passwords, computed when first asked for. A bcrypt hash gives none. Any thread.
/// </summary>
internal sealed class ScramUsers
{
    private const int DecoySaltBytes = 16;

    private readonly byte[] _decoyKey = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<(string User, ScramMechanism), ScramVerifier> _given = new();
    private readonly Dictionary<string, string> _passwords = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string User, ScramMechanism), ScramVerifier> _computed = new();

    public void Add(UserOptions user)
    {
        foreach (var text in user.Scram)
        {
            if (ScramVerifier.TryParse(text, out var verifier))
                _given[(user.Name, verifier!.Mechanism)] = verifier;
        }
        if (user.Password is { } password && !Secret.IsHash(password))
            _passwords[user.Name] = password;
    }

    /// <summary>A user that is not configured has these verifiers from now on, and no others.</summary>
    public void Set(string user, IReadOnlyList<ScramVerifier> verifiers)
    {
        foreach (var mechanism in ScramMechanism.All)
        {
            if (verifiers.FirstOrDefault(verifier => verifier.Mechanism == mechanism) is { } verifier)
                _given[(user, mechanism)] = verifier;
            else
                _given.TryRemove((user, mechanism), out _);
        }
    }

    /// <summary>Of a user that is there; null where it cannot log in this way.</summary>
    public ScramVerifier? Find(string user, ScramMechanism mechanism)
    {
        if (_given.TryGetValue((user, mechanism), out var given))
            return given;
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

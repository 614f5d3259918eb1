using System.Security.Cryptography;
using System.Text;
using RobustMQ.GatewayKit.Identity.Scram;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>A password or token, plain, as a bcrypt hash or as a SCRAM verifier. Comparisons take the same time wherever they differ.</summary>
/// <remarks>
/// A password that was verified against its hash once is recognised by a keyed digest from then on, so that thousands of clients which reconnect at once do not cost a
/// hash each. Key and digest live in this process's memory only.
/// </remarks>
internal sealed class Secret
{
    private static readonly byte[] ProcessKey = RandomNumberGenerator.GetBytes(32);

    private readonly Func<string, bool>? _verify;
    private byte[]? _digest;

    public Secret(string configured)
    {
        if (IsHash(configured))
            _verify = candidate => Bcrypt.Verify(candidate, configured);
        else
            _digest = Digest(configured);
    }

    public Secret(ScramVerifier verifier) => _verify = verifier.IsOf;

    public bool IsHashed => _verify is not null;

    public static bool IsHash(string text) =>
        text.StartsWith("$2a$", StringComparison.Ordinal) || text.StartsWith("$2b$", StringComparison.Ordinal) || text.StartsWith("$2y$", StringComparison.Ordinal);

    /// <summary>True where the secret is known without hashing.</summary>
    public bool IsKnown(string candidate) =>
        Volatile.Read(ref _digest) is { } digest && CryptographicOperations.FixedTimeEquals(digest, Digest(candidate));

    /// <summary>Computes the hash: some 50 to 300 ms of one core; 1 to 10 of a verifier.</summary>
    public bool VerifyHash(string candidate)
    {
        if (_verify?.Invoke(candidate) != true)
            return false;
        Volatile.Write(ref _digest, Digest(candidate));
        return true;
    }

    private static byte[] Digest(string text) => HMACSHA256.HashData(ProcessKey, Encoding.UTF8.GetBytes(text));
}

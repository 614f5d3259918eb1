using System.Security.Cryptography;
using System.Text;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>A configured password or token, plain or as a bcrypt hash. Comparisons take the same time wherever they differ.</summary>
/// <remarks>
/// A password that was verified against its hash once is recognised by a keyed digest from then on, so that thousands of clients which reconnect at once do not cost a
/// hash each. Key and digest live in this process's memory only.
/// </remarks>
internal sealed class Secret
{
    private static readonly byte[] ProcessKey = RandomNumberGenerator.GetBytes(32);

    private readonly string? _hash;
    private byte[]? _digest;

    public Secret(string configured)
    {
        if (IsHash(configured))
            _hash = configured;
        else
            _digest = Digest(configured);
    }

    public bool IsHashed => _hash is not null;

    public static bool IsHash(string text) =>
        text.StartsWith("$2a$", StringComparison.Ordinal) || text.StartsWith("$2b$", StringComparison.Ordinal) || text.StartsWith("$2y$", StringComparison.Ordinal);

    /// <summary>True where the secret is known without hashing.</summary>
    public bool IsKnown(string candidate) =>
        Volatile.Read(ref _digest) is { } digest && CryptographicOperations.FixedTimeEquals(digest, Digest(candidate));

    /// <summary>Computes the hash: some 50 to 300 ms of one core.</summary>
    public bool VerifyHash(string candidate)
    {
        if (_hash is null || !Bcrypt.Verify(candidate, _hash))
            return false;
        Volatile.Write(ref _digest, Digest(candidate));
        return true;
    }

    private static byte[] Digest(string text) => HMACSHA256.HashData(ProcessKey, Encoding.UTF8.GetBytes(text));
}

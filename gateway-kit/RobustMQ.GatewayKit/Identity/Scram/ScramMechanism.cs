using System.Security.Cryptography;

namespace RobustMQ.GatewayKit.Identity.Scram;

/// <summary>SCRAM (RFC 5802) with one hash function.</summary>
public sealed class ScramMechanism
{
    private ScramMechanism(string name, HashAlgorithmName hash, int hashBytes) => (Name, Hash, HashBytes) = (name, hash, hashBytes);

    public static ScramMechanism Sha256 { get; } = new("SCRAM-SHA-256", HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);

    public static ScramMechanism Sha512 { get; } = new("SCRAM-SHA-512", HashAlgorithmName.SHA512, SHA512.HashSizeInBytes);

    public static IReadOnlyList<ScramMechanism> All { get; } = [Sha256, Sha512];

    /// <summary>As SASL negotiates it.</summary>
    public string Name { get; }

    public HashAlgorithmName Hash { get; }

    public int HashBytes { get; }

    public byte[] Hmac(byte[] key, ReadOnlySpan<byte> data) => CryptographicOperations.HmacData(Hash, key, data);

    public byte[] HashOf(byte[] data) => CryptographicOperations.HashData(Hash, data);

    public override string ToString() => Name;
}

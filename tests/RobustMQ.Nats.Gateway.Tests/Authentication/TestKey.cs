using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using NSec.Cryptography;

namespace RobustMQ.Nats.Gateway.Tests.Authentication;

/// <summary>A new key pair in NATS' encoding, written apart from the gateway's decoder.</summary>
internal sealed class TestKey : IDisposable
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private readonly Key _key = Key.Create(SignatureAlgorithm.Ed25519);

    private TestKey(byte prefix)
    {
        byte[] bytes = [prefix, .. _key.PublicKey.Export(KeyBlobFormat.RawPublicKey)];
        var crc = Crc(bytes);
        Public = Encode([.. bytes, (byte)crc, (byte)(crc >> 8)]);
    }

    public string Public { get; }

    public static TestKey User() => new(20 << 3);

    public static TestKey Account() => new(0);

    public static TestKey Operator() => new(14 << 3);

    public string Sign(string text) => Base64Url.EncodeToString(SignatureAlgorithm.Ed25519.Sign(_key, Encoding.UTF8.GetBytes(text)));

    /// <summary>A token that this key signs.</summary>
    public string Token(string type, string subject, object nats, DateTimeOffset? expires = null, DateTimeOffset? issued = null, string name = "test")
    {
        var claims = JsonSerializer.SerializeToNode(nats)!.AsObject();
        claims["type"] = type;
        claims["version"] = 2;
        var header = Base64Url.EncodeToString("""{"typ":"JWT","alg":"ed25519-nkey"}"""u8);
        var payload = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?>
        {
            ["jti"] = "id",
            ["iat"] = (issued ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds(),
            ["iss"] = Public,
            ["sub"] = subject,
            ["name"] = name,
            ["exp"] = expires?.ToUnixTimeSeconds() ?? 0,
            ["nats"] = claims,
        }));
        return $"{header}.{payload}.{Sign($"{header}.{payload}")}";
    }

    public void Dispose() => _key.Dispose();

    private static ushort Crc(byte[] bytes)
    {
        ushort crc = 0;
        foreach (var value in bytes)
        {
            crc ^= (ushort)(value << 8);
            for (var bit = 0; bit < 8; bit++)
                crc = (ushort)((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
        }
        return crc;
    }

    private static string Encode(byte[] bytes)
    {
        var bits = string.Concat(bytes.Select(static value => Convert.ToString(value, 2).PadLeft(8, '0')));
        return string.Concat(bits.Chunk(5).Select(static five => Alphabet[Convert.ToInt32(new string(five).PadRight(5, '0'), 2)]));
    }
}

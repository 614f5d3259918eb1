using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using RobustMQ.Nats.Gateway.Authentication.Nkeys;

namespace RobustMQ.Nats.Gateway.Authentication.Jwt;

/// <summary>
/// A NATS JWT, version 2: <c>base64url(header).base64url(claims).base64url(signature)</c>, signed by the key named in the claim <c>iss</c> over everything before the second dot.
/// Source: https://github.com/nats-io/jwt.
/// </summary>
internal sealed class SignedClaims
{
    /// <summary>A token lies within a CONNECT line or the configuration; this bounds what is decoded before its signature is known to be right.</summary>
    private const int TokenLengthMax = 1 << 20;

    private const string Algorithm = "ed25519-nkey";
    private const int Version = 2;

    private SignedClaims(JsonElement claims, JsonElement nats, Nkey issuer, Nkey subject)
    {
        Claims = claims;
        Nats = nats;
        Issuer = issuer;
        Subject = subject;
    }

    /// <summary>All claims.</summary>
    public JsonElement Claims { get; }

    /// <summary>The claim <c>nats</c>.</summary>
    public JsonElement Nats { get; }

    /// <summary>Who signed.</summary>
    public Nkey Issuer { get; }

    public Nkey Subject { get; }

    /// <summary>Unix seconds; 0 where the claim is absent.</summary>
    public long IssuedAt => Claims.Long("iat");

    public string Name => Claims.Text("name") ?? string.Empty;

    public IReadOnlyList<string> Tags => Nats.Texts("tags");

    /// <summary>Null: never.</summary>
    public DateTimeOffset? ExpiresAt => Claims.Long("exp") is > 0 and <= MaxUnixSeconds and var seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private const long MaxUnixSeconds = 253_402_300_799;

    public bool IsValidAt(DateTimeOffset now)
    {
        var notBefore = Claims.Long("nbf");
        return !(ExpiresAt <= now) && notBefore <= now.ToUnixTimeSeconds();
    }

    /// <summary>Decodes a token of one kind and verifies its signature; says nothing about its times or its issuer's rights.</summary>
    /// <param name="type">What the claim <c>nats.type</c> must be: <c>operator</c>, <c>account</c> or <c>user</c>.</param>
    public static bool TryParse(string? token, string type, NkeyKind subjectKind, [NotNullWhen(true)] out SignedClaims? claims)
    {
        claims = null;
        if (token is null || token.Length > TokenLengthMax || token.Split('.') is not [var header, var payload, var signature])
            return false;
        try
        {
            using var headerJson = JsonDocument.Parse(Decode(header));
            if (headerJson.RootElement.Text("alg") != Algorithm)
                return false;
            using var json = JsonDocument.Parse(Decode(payload));
            var root = json.RootElement.Clone();
            if (!Nkey.TryParse(root.Text("iss"), out var issuer) || !Nkey.TryParse(root.Text("sub"), out var subject) || subject.Kind != subjectKind)
                return false;
            if (!root.TryGetProperty("nats", out var nats) || nats.Text("type") != type || nats.Long("version") != Version)
                return false;
            if (!issuer.Verify(Encoding.UTF8.GetBytes(token[..token.LastIndexOf('.')]), Decode(signature)))
                return false;
            claims = new SignedClaims(root, nats, issuer, subject);
            return true;
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    private static byte[] Decode(string part) => Base64Url.DecodeFromChars(part);
}

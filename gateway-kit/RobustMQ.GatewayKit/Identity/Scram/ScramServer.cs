using System.Security.Cryptography;
using System.Text;

namespace RobustMQ.GatewayKit.Identity.Scram;

/// <summary>
/// The server's side of one login by SCRAM without channel binding (RFC 5802, section 5). Two messages of the client, each answered; pure but for the look-up that it is
/// given. What is wrong ends it: the caller tells the client no more than that.
/// </summary>
/// <param name="find">The verifier of a user; for an unknown one something that looks like it.</param>
/// <param name="nonce">The server's part: printable, without commas, unguessable.</param>
public sealed class ScramServer(ScramMechanism mechanism, Func<string, ScramVerifier> find, string nonce)
{
    private const int MessageBytesMax = 4096;

    private string? _clientFirstBare;
    private string? _serverFirst;
    private string? _gs2Header;
    private string? _fullNonce;
    private ScramVerifier? _verifier;

    /// <summary>Named in the client's first message; empty before.</summary>
    public string User { get; private set; } = string.Empty;

    /// <summary>Whom the client wants to be taken for; empty: itself.</summary>
    public string AuthorizationId { get; private set; } = string.Empty;

    /// <summary>The client has proven that it knows the password.</summary>
    public bool IsProven { get; private set; }

    /// <summary>Takes the client's next message.</summary>
    /// <returns>What to answer; null: the login has failed.</returns>
    public byte[]? Next(ReadOnlySpan<byte> message)
    {
        if (IsProven || message.Length > MessageBytesMax || !System.Text.Unicode.Utf8.IsValid(message))
            return null;
        var text = Encoding.UTF8.GetString(message);
        return (_serverFirst is null ? First(text) : Final(text)) is { } answer ? Encoding.UTF8.GetBytes(answer) : null;
    }

    /// <summary><c>gs2-cbind-flag "," ["a=" saslname] "," "n=" saslname "," "r=" c-nonce ["," extensions]</c></summary>
    private string? First(string text)
    {
        var parts = text.Split(',');
        // A client that could bind to the channel says y, which a server that cannot takes; p asks for it.
        if (parts.Length < 4 || parts[0] is not ("n" or "y") || !TryName(parts[1], "a=", out var authorization) || !TryName(parts[2], "n=", out var user)
            || user.Length == 0 || !parts[3].StartsWith("r=", StringComparison.Ordinal) || parts[3].Length == 2)
        {
            return null;
        }
        // m= is an extension that must be understood; Kafka's tokenauth says that the user is a delegation token.
        if (parts.Skip(4).Any(static extension => extension.StartsWith("m=", StringComparison.Ordinal) || extension == "tokenauth=true"))
            return null;
        (AuthorizationId, User) = (authorization, user);
        _gs2Header = $"{parts[0]},{parts[1]},";
        _clientFirstBare = text[_gs2Header.Length..];
        _fullNonce = parts[3][2..] + nonce;
        _verifier = find(user);
        _serverFirst = $"r={_fullNonce},s={Convert.ToBase64String(_verifier.Salt)},i={_verifier.Iterations}";
        return _serverFirst;
    }

    /// <summary><c>"c=" base64 "," "r=" nonce ["," extensions] "," "p=" base64</c></summary>
    private string? Final(string text)
    {
        var proofAt = text.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0)
            return null;
        var (withoutProof, parts) = (text[..proofAt], text[..proofAt].Split(','));
        if (parts.Length < 2 || parts[0] != $"c={Convert.ToBase64String(Encoding.UTF8.GetBytes(_gs2Header!))}" || parts[1] != $"r={_fullNonce}")
            return null;
        var proof = new byte[mechanism.HashBytes];
        if (!Convert.TryFromBase64String(text[(proofAt + 3)..], proof, out var length) || length != proof.Length)
            return null;

        var authentication = Encoding.UTF8.GetBytes($"{_clientFirstBare},{_serverFirst},{withoutProof}");
        var signature = mechanism.Hmac(_verifier!.StoredKey, authentication);
        for (var at = 0; at < proof.Length; at++)
            proof[at] ^= signature[at];
        if (!CryptographicOperations.FixedTimeEquals(mechanism.HashOf(proof), _verifier.StoredKey))
            return null;
        IsProven = true;
        return $"v={Convert.ToBase64String(mechanism.Hmac(_verifier.ServerKey, authentication))}";
    }

    /// <summary>A saslname: commas and equal signs are <c>=2C</c> and <c>=3D</c>.</summary>
    private static bool TryName(string part, string prefix, out string name)
    {
        name = string.Empty;
        if (part.Length == 0)
            return prefix == "a=";
        if (!part.StartsWith(prefix, StringComparison.Ordinal))
            return false;
        var rest = part[prefix.Length..].Replace("=2C", ",", StringComparison.Ordinal);
        if (rest.Replace("=3D", string.Empty, StringComparison.Ordinal).Contains('='))
            return false;
        name = rest.Replace("=3D", "=", StringComparison.Ordinal);
        return true;
    }
}

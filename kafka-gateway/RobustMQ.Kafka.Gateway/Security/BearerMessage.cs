using System.Text;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>The first message of OAUTHBEARER (RFC 7628, section 3.1): <c>gs2-header kvsep *(key "=" value kvsep) kvsep</c>, where kvsep is 0x01 and the key <c>auth</c> has <c>Bearer TOKEN</c>.</summary>
internal readonly record struct BearerMessage(string AuthorizationId, string Token)
{
    private const int BytesMax = 32 << 10;
    private const char Separator = '\u0001';
    private const string Scheme = "Bearer ";

    public static bool TryParse(ReadOnlySpan<byte> bytes, out BearerMessage message)
    {
        message = default;
        if (bytes.Length > BytesMax || !System.Text.Unicode.Utf8.IsValid(bytes))
            return false;
        var parts = Encoding.UTF8.GetString(bytes).Split(Separator);
        // The header, at least one pair, and the two empty pieces behind the last separators.
        if (parts.Length < 4 || parts[^1].Length > 0 || parts[^2].Length > 0 || parts[0].Split(',') is not ["n" or "y", var authorization, ""]
            || (authorization.Length > 0 && !authorization.StartsWith("a=", StringComparison.Ordinal)))
        {
            return false;
        }
        foreach (var pair in parts[1..^2])
        {
            if (pair.StartsWith("auth=", StringComparison.Ordinal) && pair["auth=".Length..] is var value && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
                message = new BearerMessage(authorization.Length > 0 ? authorization[2..] : string.Empty, value[Scheme.Length..].Trim());
        }
        return message.Token is { Length: > 0 };
    }

    /// <summary>No token in a log.</summary>
    public override string ToString() => nameof(BearerMessage);
}

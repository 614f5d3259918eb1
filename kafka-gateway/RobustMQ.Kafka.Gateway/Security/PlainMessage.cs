using System.Text;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>The one message of SASL PLAIN (RFC 4616): <c>[authzid] NUL authcid NUL passwd</c>.</summary>
internal readonly record struct PlainMessage(string AuthorizationId, string User, string Password)
{
    /// <summary>Each of the three is at most 255 bytes, says the RFC.</summary>
    private const int BytesMax = (3 * 255) + 2;

    public static bool TryParse(ReadOnlySpan<byte> bytes, out PlainMessage message)
    {
        message = default;
        if (bytes.Length > BytesMax || bytes.Count((byte)0) != 2 || !System.Text.Unicode.Utf8.IsValid(bytes))
            return false;
        var first = bytes.IndexOf((byte)0);
        var second = bytes.LastIndexOf((byte)0);
        message = new PlainMessage(Encoding.UTF8.GetString(bytes[..first]), Encoding.UTF8.GetString(bytes[(first + 1)..second]), Encoding.UTF8.GetString(bytes[(second + 1)..]));
        return message.User.Length > 0 && message.Password.Length > 0;
    }

    public override string ToString() => nameof(PlainMessage);
}

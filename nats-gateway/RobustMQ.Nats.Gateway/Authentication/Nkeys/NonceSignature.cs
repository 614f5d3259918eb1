using System.Buffers.Text;
using System.Text;

namespace RobustMQ.Nats.Gateway.Authentication.Nkeys;

/// <summary>The field <c>sig</c> of CONNECT: the nonce of INFO, signed with the client's key, in base 64 of either alphabet.</summary>
internal static class NonceSignature
{
    private const int SignatureBytes = 64;
    private const int TextLengthMax = 88;

    public static bool IsValid(Nkey key, byte[]? nonce, string? signature)
    {
        if (nonce is null || signature is not { Length: > 0 and <= TextLengthMax })
            return false;
        Span<byte> bytes = stackalloc byte[TextLengthMax];
        return TryDecode(signature, bytes, out var length) && length == SignatureBytes && key.Verify(nonce, bytes[..length]);
    }

    private static bool TryDecode(string text, Span<byte> bytes, out int length)
    {
        Span<byte> utf8 = stackalloc byte[TextLengthMax];
        length = 0;
        if (!Encoding.UTF8.TryGetBytes(text, utf8, out var textLength))
            return false;
        utf8 = utf8[..textLength];
        return Base64Url.DecodeFromUtf8(utf8, bytes, out _, out length) == System.Buffers.OperationStatus.Done
            || Base64.DecodeFromUtf8(utf8, bytes, out _, out length) == System.Buffers.OperationStatus.Done;
    }
}

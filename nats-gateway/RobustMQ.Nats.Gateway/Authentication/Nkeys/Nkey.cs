using System.Diagnostics.CodeAnalysis;
using NSec.Cryptography;

namespace RobustMQ.Nats.Gateway.Authentication.Nkeys;

/// <summary>
/// A public key as NATS writes it: base 32 (RFC 4648, no padding) of one byte of <see cref="NkeyKind"/>, 32 bytes of ed25519 public key, and the CRC-16/XMODEM of both,
/// little-endian. Source: https://github.com/nats-io/nkeys.
/// </summary>
internal sealed class Nkey
{
    private const int KeyBytes = 32;
    private const int EncodedBytes = 1 + KeyBytes + 2;
    private const int TextLength = 56;

    private readonly PublicKey _key;

    private Nkey(string text, NkeyKind kind, PublicKey key)
    {
        Text = text;
        Kind = kind;
        _key = key;
    }

    public string Text { get; }

    public NkeyKind Kind { get; }

    public static bool TryParse(string? text, [NotNullWhen(true)] out Nkey? key)
    {
        key = null;
        Span<byte> bytes = stackalloc byte[EncodedBytes];
        if (text is not { Length: TextLength } || !Base32.TryDecode(text, bytes))
            return false;
        if (Crc16.Of(bytes[..^2]) != (ushort)(bytes[^2] | (bytes[^1] << 8)) || !Enum.IsDefined((NkeyKind)bytes[0]))
            return false;
        if (!PublicKey.TryImport(SignatureAlgorithm.Ed25519, bytes.Slice(1, KeyBytes), KeyBlobFormat.RawPublicKey, out var imported) || imported is null)
            return false;
        key = new Nkey(text, (NkeyKind)bytes[0], imported);
        return true;
    }

    /// <param name="signature">64 bytes; anything else is false.</param>
    public bool Verify(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature) => SignatureAlgorithm.Ed25519.Verify(_key, signed, signature);
}

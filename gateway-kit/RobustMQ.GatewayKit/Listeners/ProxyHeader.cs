using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace RobustMQ.GatewayKit.Listeners;

/// <summary>What a proxy says in front of a connection about the client behind it: the PROXY protocol, versions 1 (a line of text) and 2 (binary). Pure.</summary>
public static class ProxyHeader
{
    /// <summary>The longest line of version 1 has 107 bytes; of version 2 more than this is not taken.</summary>
    public const int BytesMax = 2048;

    private const int LineMax = 107;
    private const int FixedBytes = 16;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <param name="client">Null: the proxy speaks for itself, or of an address family that is no IP.</param>
    /// <param name="length">Bytes of the header.</param>
    public static ProxyHeaderStatus TryRead(ReadOnlySpan<byte> bytes, out IPEndPoint? client, out int length)
    {
        client = null;
        length = 0;
        var begin = Math.Min(bytes.Length, Signature.Length);
        if (bytes[..begin].SequenceEqual(Signature[..begin]))
            return bytes.Length < FixedBytes ? ProxyHeaderStatus.NeedsMore : TryReadBinary(bytes, out client, out length);
        var text = "PROXY "u8;
        begin = Math.Min(bytes.Length, text.Length);
        return !bytes[..begin].SequenceEqual(text[..begin]) ? ProxyHeaderStatus.Malformed
            : begin < text.Length ? ProxyHeaderStatus.NeedsMore
            : TryReadLine(bytes, out client, out length);
    }

    /// <summary>Version 1: <c>PROXY TCP4 source destination source-port destination-port CR LF</c>.</summary>
    private static ProxyHeaderStatus TryReadLine(ReadOnlySpan<byte> bytes, out IPEndPoint? client, out int length)
    {
        client = null;
        length = 0;
        var end = bytes[..Math.Min(bytes.Length, LineMax)].IndexOf("\r\n"u8);
        if (end < 0)
            return bytes.Length >= LineMax ? ProxyHeaderStatus.Malformed : ProxyHeaderStatus.NeedsMore;
        length = end + 2;
        var words = Encoding.ASCII.GetString(bytes[..end]).Split(' ');
        if (words.Length > 1 && words[1] == "UNKNOWN")
            return ProxyHeaderStatus.Read;
        if (words.Length != 6 || words[1] is not ("TCP4" or "TCP6") || !IPAddress.TryParse(words[2], out var address)
            || !ushort.TryParse(words[4], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return ProxyHeaderStatus.Malformed;
        client = new IPEndPoint(address, port);
        return ProxyHeaderStatus.Read;
    }

    /// <summary>Version 2: <c>signature 12 | version and command 1 | family and protocol 1 | length 2 | addresses | more</c>.</summary>
    private static ProxyHeaderStatus TryReadBinary(ReadOnlySpan<byte> bytes, out IPEndPoint? client, out int length)
    {
        client = null;
        var body = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        length = FixedBytes + body;
        var command = bytes[12] & 0x0F;
        if (bytes[12] >> 4 != 2 || command > 1 || length > BytesMax)
            return ProxyHeaderStatus.Malformed;
        if (bytes.Length < length)
            return ProxyHeaderStatus.NeedsMore;
        var rest = bytes[FixedBytes..length];
        var addressBytes = (bytes[13] >> 4) switch { 1 => 4, 2 => 16, _ => 0 };
        if (command == 0 || addressBytes == 0)
            return ProxyHeaderStatus.Read;
        if (rest.Length < 2 * addressBytes + 4)
            return ProxyHeaderStatus.Malformed;
        client = new IPEndPoint(new IPAddress(rest[..addressBytes]), BinaryPrimitives.ReadUInt16BigEndian(rest[(2 * addressBytes)..]));
        return ProxyHeaderStatus.Read;
    }
}

public enum ProxyHeaderStatus
{
    Read = 0,
    NeedsMore = 1,
    Malformed = 2,
}

using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>
/// Writes one delivery: <c>MSG subject sid [reply] size CR LF payload CR LF</c>, or
/// <c>HMSG subject sid [reply] headerSize totalSize CR LF headers payload CR LF</c>.
/// </summary>
internal static class MessageWriter
{
    // "HMSG " + " " + two sizes of up to 10 digits, a space between + CR LF.
    private const int FixedBytesMax = 5 + 1 + 10 + 1 + 10 + 2;

    /// <summary>Upper bound of what <see cref="Write"/> needs for this message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SizeMax(in RunMessage message, int prefixLength) =>
        FixedBytesMax + prefixLength + message.ReplyLength + message.BodyLength + 2;

    /// <param name="prefix"><c>subject sid </c> with its trailing space.</param>
    /// <param name="withHeaders">False: the client takes no headers and gets the payload alone.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> target, ReadOnlySpan<byte> source, in RunMessage message, ReadOnlySpan<byte> prefix, bool withHeaders)
    {
        var hasHeaders = message.HeaderLength > 0 && withHeaders;
        var at = 0;
        if (hasHeaders)
        {
            "HMSG "u8.CopyTo(target);
            at = 5;
        }
        else
        {
            "MSG "u8.CopyTo(target);
            at = 4;
        }
        prefix.CopyTo(target[at..]);
        at += prefix.Length;
        if (message.ReplyLength > 0)
        {
            source.Slice(message.ReplyStart, message.ReplyLength).CopyTo(target[at..]);
            at += message.ReplyLength;
            target[at++] = (byte)' ';
        }
        if (hasHeaders)
        {
            at += WriteSize(target[at..], message.HeaderLength);
            target[at++] = (byte)' ';
        }
        var skipped = hasHeaders ? 0 : message.HeaderLength;
        var length = message.BodyLength - skipped;
        at += WriteSize(target[at..], length);
        target[at++] = (byte)'\r';
        target[at++] = (byte)'\n';
        source.Slice(message.BodyStart + skipped, length + 2).CopyTo(target[at..]);
        return at + length + 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteSize(Span<byte> target, int value)
    {
        if (value < 10)
        {
            target[0] = (byte)('0' + value);
            return 1;
        }
        if (value < 100)
        {
            var tens = value / 10;
            target[1] = (byte)('0' + value - tens * 10);
            target[0] = (byte)('0' + tens);
            return 2;
        }
        Utf8Formatter.TryFormat(value, target, out var written);
        return written;
    }
}

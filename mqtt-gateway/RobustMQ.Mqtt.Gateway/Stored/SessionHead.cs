using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// The record by which a session is there: <c>form 1 | epoch 8 | expiry 4 | ends at 8 | namespace length 1 | namespace | client identifier</c>, most significant byte first.
/// </summary>
/// <param name="Epoch">Revision of the client identifier's lease at the last connection: who has a lower one is not the session's owner any more.</param>
/// <param name="ExpirySeconds">As the client was granted; <see cref="uint.MaxValue"/>: never.</param>
/// <param name="EndsAtMs">Unix ms; 0: while it is connected, and for one that never ends.</param>
internal sealed record SessionHead(SessionName Name, long Epoch, uint ExpirySeconds, long EndsAtMs)
{
    private const byte Form = 1;
    private const int FixedBytes = 22;

    public byte[] Encode()
    {
        var ns = Encoding.UTF8.GetBytes(Name.Namespace.Value);
        var clientId = Encoding.UTF8.GetBytes(Name.ClientId);
        var bytes = new byte[FixedBytes + ns.Length + clientId.Length];
        bytes[0] = Form;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), Epoch);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(9), ExpirySeconds);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(13), EndsAtMs);
        bytes[21] = (byte)ns.Length;
        ns.CopyTo(bytes, FixedBytes);
        clientId.CopyTo(bytes, FixedBytes + ns.Length);
        return bytes;
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SessionHead? head)
    {
        head = null;
        if (bytes.Length < FixedBytes || bytes[0] != Form || bytes.Length < FixedBytes + bytes[21]
            || !Namespace.TryParse(Encoding.UTF8.GetString(bytes.Slice(FixedBytes, bytes[21])), out var ns))
            return false;
        head = new SessionHead(
            SessionName.Of(ns, Encoding.UTF8.GetString(bytes[(FixedBytes + bytes[21])..])),
            BinaryPrimitives.ReadInt64BigEndian(bytes[1..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[9..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[13..]));
        return true;
    }
}

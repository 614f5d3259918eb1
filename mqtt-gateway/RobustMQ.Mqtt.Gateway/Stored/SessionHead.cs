using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// The record by which a session is there: <c>form 2 | epoch 8 | expiry 4 | ends at 8 | began 8 | namespace length 1 | namespace | client identifier</c>, most significant byte first.
/// Form 1 had no <c>began</c>.
/// </summary>
/// <param name="Epoch">Revision of the client identifier's lease at the last connection: who has a lower one is not the session's owner any more.</param>
/// <param name="ExpirySeconds">As the client was granted; <see cref="uint.MaxValue"/>: never.</param>
/// <param name="EndsAtMs">Unix ms; 0: while it is connected, and for one that never ends.</param>
/// <param name="Began">The epoch of the connection that began it: a session that had its owner before that is another one, and over. 0: not known.</param>
internal sealed record SessionHead(SessionName Name, long Epoch, uint ExpirySeconds, long EndsAtMs, long Began)
{
    private const byte FormWithoutBegan = 1;
    private const byte Form = 2;
    private const int BeganAt = 21;

    public byte[] Encode()
    {
        var ns = Encoding.UTF8.GetBytes(Name.Namespace.Value);
        var clientId = Encoding.UTF8.GetBytes(Name.ClientId);
        var bytes = new byte[BeganAt + 9 + ns.Length + clientId.Length];
        bytes[0] = Form;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), Epoch);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(9), ExpirySeconds);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(13), EndsAtMs);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(BeganAt), Began);
        bytes[BeganAt + 8] = (byte)ns.Length;
        ns.CopyTo(bytes, BeganAt + 9);
        clientId.CopyTo(bytes, BeganAt + 9 + ns.Length);
        return bytes;
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SessionHead? head)
    {
        head = null;
        if (bytes.IsEmpty || bytes[0] is not (Form or FormWithoutBegan))
            return false;
        var namesAt = bytes[0] == Form ? BeganAt + 8 : BeganAt;
        if (bytes.Length <= namesAt)
            return false;
        var names = bytes[(namesAt + 1)..];
        var namespaceLength = bytes[namesAt];
        if (names.Length < namespaceLength || !Namespace.TryParse(Encoding.UTF8.GetString(names[..namespaceLength]), out var ns))
            return false;
        head = new SessionHead(
            SessionName.Of(ns, Encoding.UTF8.GetString(names[namespaceLength..])),
            BinaryPrimitives.ReadInt64BigEndian(bytes[1..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[9..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[13..]),
            bytes[0] == Form ? BinaryPrimitives.ReadInt64BigEndian(bytes[BeganAt..]) : 0);
        return true;
    }
}

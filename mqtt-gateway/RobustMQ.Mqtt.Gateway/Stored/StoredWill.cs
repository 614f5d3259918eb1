using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using RobustMQ.Mqtt.Gateway.Connections;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// A will whose delay runs: <c>form 2 | epoch 8 | due at 8 | QoS and retain 1 | topic length 2 | properties length 4 | user length 2 | topic | properties | user | payload</c>. Form 1 had no user.
/// </summary>
/// <param name="Epoch">The session's when its connection ended: a later connection takes the will back.</param>
/// <param name="DueAtMs">Unix ms.</param>
/// <param name="User">Who must still be allowed to publish it then; empty: anybody, or not known.</param>
internal sealed record StoredWill(long Epoch, long DueAtMs, Will Will, string User)
{
    private const byte FormWithoutUser = 1;
    private const byte Form = 2;
    private const int UserLengthAt = 24;
    private const byte RetainBit = 0x80;

    public byte[] Encode()
    {
        var user = Encoding.UTF8.GetBytes(User);
        var bytes = new byte[UserLengthAt + 2 + Will.Topic.Length + Will.Properties.Length + user.Length + Will.Payload.Length];
        bytes[0] = Form;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), Epoch);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(9), DueAtMs);
        bytes[17] = (byte)(Will.Qos | (Will.Retain ? RetainBit : 0));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(18), (ushort)Will.Topic.Length);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), Will.Properties.Length);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(UserLengthAt), (ushort)user.Length);
        var at = UserLengthAt + 2;
        foreach (var part in (ReadOnlySpan<byte[]>)[Will.Topic, Will.Properties, user, Will.Payload])
        {
            part.CopyTo(bytes, at);
            at += part.Length;
        }
        return bytes;
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out StoredWill? will)
    {
        will = null;
        if (bytes.IsEmpty || bytes[0] is not (Form or FormWithoutUser))
            return false;
        var hasUser = bytes[0] == Form;
        var partsAt = hasUser ? UserLengthAt + 2 : UserLengthAt;
        if (bytes.Length < partsAt)
            return false;
        var topic = BinaryPrimitives.ReadUInt16BigEndian(bytes[18..]);
        var properties = BinaryPrimitives.ReadInt32BigEndian(bytes[20..]);
        var user = hasUser ? BinaryPrimitives.ReadUInt16BigEndian(bytes[UserLengthAt..]) : 0;
        var rest = bytes[partsAt..];
        if (properties < 0 || properties > rest.Length - topic - user)
            return false;
        var afterTopic = rest[topic..];
        var afterProperties = afterTopic[properties..];
        will = new StoredWill(
            BinaryPrimitives.ReadInt64BigEndian(bytes[1..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[9..]),
            new Will(rest[..topic].ToArray(), afterProperties[user..].ToArray(), (byte)(bytes[17] & 3), (bytes[17] & RetainBit) != 0, afterTopic[..properties].ToArray()),
            Encoding.UTF8.GetString(afterProperties[..user]));
        return true;
    }
}

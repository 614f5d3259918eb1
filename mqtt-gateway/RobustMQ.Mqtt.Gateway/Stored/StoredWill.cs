using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using RobustMQ.Mqtt.Gateway.Connections;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// A will whose delay runs: <c>form 1 | epoch 8 | due at 8 | QoS and retain 1 | topic length 2 | properties length 4 | topic | properties | payload</c>.
/// </summary>
/// <param name="Epoch">The session's when its connection ended: a later connection takes the will back.</param>
/// <param name="DueAtMs">Unix ms.</param>
internal sealed record StoredWill(long Epoch, long DueAtMs, Will Will)
{
    private const byte Form = 1;
    private const int FixedBytes = 24;
    private const byte RetainBit = 0x80;

    public byte[] Encode()
    {
        var bytes = new byte[FixedBytes + Will.Topic.Length + Will.Properties.Length + Will.Payload.Length];
        bytes[0] = Form;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), Epoch);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(9), DueAtMs);
        bytes[17] = (byte)(Will.Qos | (Will.Retain ? RetainBit : 0));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(18), (ushort)Will.Topic.Length);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), Will.Properties.Length);
        Will.Topic.CopyTo(bytes, FixedBytes);
        Will.Properties.CopyTo(bytes, FixedBytes + Will.Topic.Length);
        Will.Payload.CopyTo(bytes, FixedBytes + Will.Topic.Length + Will.Properties.Length);
        return bytes;
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out StoredWill? will)
    {
        will = null;
        if (bytes.Length < FixedBytes || bytes[0] != Form)
            return false;
        var topic = BinaryPrimitives.ReadUInt16BigEndian(bytes[18..]);
        var properties = BinaryPrimitives.ReadInt32BigEndian(bytes[20..]);
        var rest = bytes[FixedBytes..];
        if (properties < 0 || topic > rest.Length - properties)
            return false;
        will = new StoredWill(
            BinaryPrimitives.ReadInt64BigEndian(bytes[1..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[9..]),
            new Will(rest[..topic].ToArray(), rest[(topic + properties)..].ToArray(), (byte)(bytes[17] & 3), (bytes[17] & RetainBit) != 0, rest.Slice(topic, properties).ToArray()));
        return true;
    }
}

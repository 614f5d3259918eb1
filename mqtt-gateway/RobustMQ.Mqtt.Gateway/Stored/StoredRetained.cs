using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// Retained messages that a session still owes its client: <c>form 1 | number of those under way 2 | of each: packet identifier 2, offset 8, subscription 4, QoS and state 1 |
/// of each subscription that has more to come: its number 4, offset 8</c>, most significant byte first.
/// </summary>
/// <param name="Open">Under way, in their order.</param>
internal sealed record StoredRetained(IReadOnlyList<RetainedExchange> Open, IReadOnlyList<RetainedRest> Rests)
{
    private const byte Form = 1;
    private const int FixedBytes = 3;
    private const int OpenBytes = 15;
    private const int RestBytes = 12;
    private const byte ReleasedBit = 0x80;

    public bool IsEmpty => Open.Count == 0 && Rests.Count == 0;

    public byte[] Encode()
    {
        var bytes = new byte[FixedBytes + Open.Count * OpenBytes + Rests.Count * RestBytes];
        bytes[0] = Form;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(1), (ushort)Open.Count);
        var rest = bytes.AsSpan(FixedBytes);
        foreach (var exchange in Open)
        {
            BinaryPrimitives.WriteUInt16BigEndian(rest, exchange.PacketId);
            BinaryPrimitives.WriteInt64BigEndian(rest[2..], exchange.Offset.Value);
            BinaryPrimitives.WriteInt32BigEndian(rest[10..], exchange.SubscriptionId);
            rest[14] = (byte)(exchange.Qos | (exchange.State == StoredState.Released ? ReleasedBit : 0));
            rest = rest[OpenBytes..];
        }
        foreach (var (subscriptionId, from) in Rests)
        {
            BinaryPrimitives.WriteInt32BigEndian(rest, subscriptionId);
            BinaryPrimitives.WriteInt64BigEndian(rest[4..], from.Value);
            rest = rest[RestBytes..];
        }
        return bytes;
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out StoredRetained? retained)
    {
        retained = null;
        if (bytes.Length < FixedBytes || bytes[0] != Form)
            return false;
        var count = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        var rest = bytes[FixedBytes..];
        if (rest.Length < count * OpenBytes || (rest.Length - count * OpenBytes) % RestBytes != 0)
            return false;
        var open = new RetainedExchange[count];
        for (var at = 0; at < count; at++)
        {
            open[at] = new RetainedExchange(
                BinaryPrimitives.ReadUInt16BigEndian(rest),
                new Offset(BinaryPrimitives.ReadInt64BigEndian(rest[2..])),
                BinaryPrimitives.ReadInt32BigEndian(rest[10..]),
                (byte)(rest[14] & 3),
                (rest[14] & ReleasedBit) == 0 ? StoredState.Sent : StoredState.Released);
            if (!RetainedWindow.Owns(open[at].PacketId))
                return false;
            rest = rest[OpenBytes..];
        }
        var rests = new RetainedRest[rest.Length / RestBytes];
        for (var at = 0; at < rests.Length; at++)
            rests[at] = new RetainedRest(BinaryPrimitives.ReadInt32BigEndian(rest[(at * RestBytes)..]), new Offset(BinaryPrimitives.ReadInt64BigEndian(rest[(at * RestBytes + 4)..])));
        retained = new StoredRetained(open, rests);
        return true;
    }
}

/// <summary>Retained messages of a subscription that have not been sent yet.</summary>
/// <param name="From">Where they begin.</param>
internal readonly record struct RetainedRest(int SubscriptionId, Offset From);

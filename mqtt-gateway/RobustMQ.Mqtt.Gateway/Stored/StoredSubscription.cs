using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>A subscription of a session: <c>form 1 | options 1 | identifier 4 | namespace length 1 | namespace | filter</c>.</summary>
/// <param name="Id">Of the consumer's binding where it has one; part of the record's key.</param>
/// <param name="TopicFilter">As the client wrote it.</param>
/// <param name="Identifier">0: none.</param>
internal sealed record StoredSubscription(Namespace Namespace, int Id, byte[] TopicFilter, SubscriptionOptions Options, uint Identifier)
{
    private const byte Form = 1;
    private const int FixedBytes = 7;

    /// <summary>Messages at QoS 1 and 2 are kept for it while the client is away.</summary>
    public bool KeepsMessages => Options.Qos > 0;

    public bool IsShared => SharedFilter.IsShared(TopicFilter);

    public byte[] Encode()
    {
        var ns = Encoding.UTF8.GetBytes(Namespace.Value);
        var bytes = new byte[FixedBytes + ns.Length + TopicFilter.Length];
        bytes[0] = Form;
        bytes[1] = Options.Value;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(2), Identifier);
        bytes[6] = (byte)ns.Length;
        ns.CopyTo(bytes, FixedBytes);
        TopicFilter.CopyTo(bytes, FixedBytes + ns.Length);
        return bytes;
    }

    public static bool TryRead(int id, ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out StoredSubscription? subscription)
    {
        subscription = null;
        if (bytes.Length <= FixedBytes || bytes[0] != Form || bytes.Length <= FixedBytes + bytes[6]
            || !Namespace.TryParse(Encoding.UTF8.GetString(bytes.Slice(FixedBytes, bytes[6])), out var ns))
            return false;
        subscription = new StoredSubscription(
            ns, id, bytes[(FixedBytes + bytes[6])..].ToArray(), new SubscriptionOptions(bytes[1]), BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]));
        return true;
    }
}

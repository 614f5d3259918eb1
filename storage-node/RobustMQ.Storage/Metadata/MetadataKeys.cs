using System.Buffers.Binary;
using System.Text;
using RobustMQ.Records;

namespace RobustMQ.Storage.Metadata;

/// <summary>Keys of the metadata store: one byte for the kind, then what names the thing. Integers big-endian, so that key order is number order.</summary>
internal static class MetadataKeys
{
    private const byte FormatKind = 0x00;
    private const byte NodeKind = 0x01;
    private const byte CountersKind = 0x02;
    private const byte TopicKind = 0x10;
    private const byte LeaseKind = 0x20;
    private const byte ProducerKind = 0x30;
    private const byte DroppedKind = 0x40;
    private const byte TakeoverKind = 0x41;
    private const byte DirectoryKind = 0x50;

    public static byte[] Format { get; } = [FormatKind];

    public static byte[] Node { get; } = [NodeKind];

    public static byte[] Counters { get; } = [CountersKind];

    public static byte[] Topics { get; } = [TopicKind];

    public static byte[] Leases { get; } = [LeaseKind];

    public static byte[] Producers { get; } = [ProducerKind];

    public static byte[] Dropped { get; } = [DroppedKind];

    public static byte[] Takeovers { get; } = [TakeoverKind];

    public static byte[] Directories { get; } = [DirectoryKind];

    /// <summary><c>0x10 | namespace length u8 | namespace | topic name</c></summary>
    public static byte[] Topic(Namespace ns, TopicName name)
    {
        var space = ns.Value;
        var key = new byte[2 + space.Length + name.Value.Length];
        key[0] = TopicKind;
        key[1] = (byte)space.Length;
        Encoding.UTF8.GetBytes(space, key.AsSpan(2));
        Encoding.UTF8.GetBytes(name.Value, key.AsSpan(2 + space.Length));
        return key;
    }

    /// <summary><c>0x20 | lease name</c></summary>
    public static byte[] Lease(string name) => [LeaseKind, .. Encoding.UTF8.GetBytes(name)];

    /// <summary><c>0x40 | topic id 16 bytes</c></summary>
    public static byte[] DroppedTopic(Guid topic) => [DroppedKind, .. topic.ToByteArray(bigEndian: true)];

    /// <summary><c>0x41 | topic id 16 bytes</c></summary>
    public static byte[] Takeover(Guid topic) => [TakeoverKind, .. topic.ToByteArray(bigEndian: true)];

    /// <summary><c>0x50 | directory id 16 bytes</c></summary>
    public static byte[] Directory(Guid id) => [DirectoryKind, .. id.ToByteArray(bigEndian: true)];

    /// <summary><c>0x30 | producer id i64</c></summary>
    public static byte[] Producer(long id)
    {
        var key = new byte[1 + sizeof(long)];
        key[0] = ProducerKind;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1), id);
        return key;
    }
}

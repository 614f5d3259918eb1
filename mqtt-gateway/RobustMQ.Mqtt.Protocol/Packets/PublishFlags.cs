namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>The lower half of a PUBLISH's first byte: <c>dup 1 | QoS 2 | retain 1</c> (5.0 section 3.3.1).</summary>
public static class PublishFlags
{
    public const byte Retain = 0x01;
    public const byte Dup = 0x08;

    public static byte Of(byte qos, bool retain, bool dup = false) => (byte)((qos << 1) | (retain ? Retain : 0) | (dup ? Dup : 0));

    public static byte QosOf(byte flags) => (byte)((flags >> 1) & 3);
}

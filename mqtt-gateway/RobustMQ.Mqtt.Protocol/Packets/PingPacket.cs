namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>PINGREQ and PINGRESP: a fixed header and nothing behind it (5.0 sections 3.12 and 3.13).</summary>
public static class PingPacket
{
    public static ReadOnlySpan<byte> Request => [0xC0, 0];

    public static ReadOnlySpan<byte> Response => [0xD0, 0];
}

namespace RobustMQ.Mqtt.Protocol;

/// <summary>Where one packet lies: its fixed header, and how long the rest is (5.0 section 2.1).</summary>
public readonly record struct Frame(PacketType Type, byte Flags, int HeaderLength, int BodyLength)
{
    public int TotalLength => HeaderLength + BodyLength;
}

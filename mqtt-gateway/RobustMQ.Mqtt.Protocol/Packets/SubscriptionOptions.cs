namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>One byte behind a filter: <c>reserved 2 | retain handling 2 | retain as published 1 | no local 1 | QoS 2</c> (5.0 section 3.8.3.1).</summary>
public readonly record struct SubscriptionOptions(byte Value)
{
    public byte Qos => (byte)(Value & 3);

    public bool NoLocal => (Value & 0x04) != 0;

    public bool RetainAsPublished => (Value & 0x08) != 0;

    public RetainHandling RetainHandling => (RetainHandling)((Value >> 4) & 3);

    /// <summary>Before 5.0 there is nothing but the QoS.</summary>
    public bool IsValid(MqttVersion version) => Qos < 3 && (version == MqttVersion.V5 ? (Value & 0xC0) == 0 && (Value & 0x30) != 0x30 : (Value & 0xFC) == 0);

    public static SubscriptionOptions Of(byte qos, bool noLocal = false, bool retainAsPublished = false, RetainHandling handling = RetainHandling.Send) =>
        new((byte)(qos | (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | ((int)handling << 4)));
}

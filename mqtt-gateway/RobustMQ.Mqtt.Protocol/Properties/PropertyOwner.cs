namespace RobustMQ.Mqtt.Protocol.Properties;

/// <summary>What a property block belongs to, as bits.</summary>
[Flags]
public enum PropertyOwner
{
    None = 0,
    Connect = 1 << 0,
    Will = 1 << 1,
    ConnAck = 1 << 2,
    Publish = 1 << 3,

    /// <summary>PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK: a reason string and user properties.</summary>
    Acknowledgement = 1 << 4,
    Subscribe = 1 << 5,
    Unsubscribe = 1 << 6,
    Disconnect = 1 << 7,
    Auth = 1 << 8,
}

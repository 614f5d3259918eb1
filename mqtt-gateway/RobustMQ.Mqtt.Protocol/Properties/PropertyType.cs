namespace RobustMQ.Mqtt.Protocol.Properties;

/// <summary>How a property's value is encoded.</summary>
internal enum PropertyType : byte
{
    None = 0,
    Byte,
    UInt16,
    UInt32,
    Variable,
    Text,
    Binary,
    TextPair,
}

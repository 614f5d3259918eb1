namespace RobustMQ.Mqtt.Protocol;

/// <summary>Protocol level of a connection, as CONNECT carries it.</summary>
public enum MqttVersion : byte
{
    None = 0,

    /// <summary>MQTT 3.1, protocol name <c>MQIsdp</c>.</summary>
    V31 = 3,

    /// <summary>MQTT 3.1.1.</summary>
    V311 = 4,

    /// <summary>MQTT 5.0.</summary>
    V5 = 5,
}

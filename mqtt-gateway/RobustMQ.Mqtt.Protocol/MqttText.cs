using System.Text.Unicode;

namespace RobustMQ.Mqtt.Protocol;

/// <summary>What an MQTT string may be.</summary>
public static class MqttText
{
    /// <summary>Well-formed UTF-8 without surrogates and without U+0000 (5.0 section 1.5.4).</summary>
    public static bool IsValid(ReadOnlySpan<byte> text) => !text.Contains((byte)0) && Utf8.IsValid(text);
}

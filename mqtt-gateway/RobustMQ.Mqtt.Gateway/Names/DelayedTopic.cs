using System.Buffers.Text;

namespace RobustMQ.Mqtt.Gateway.Names;

/// <summary><c>$delayed/{seconds}/{topic}</c>: a message that is published later.</summary>
internal static class DelayedTopic
{
    /// <summary>Somewhat more than 136 years, as other brokers have it.</summary>
    public const long SecondsMax = uint.MaxValue;

    private static ReadOnlySpan<byte> Prefix => "$delayed/"u8;

    /// <returns>False where the topic begins so and is none.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> topic, out long seconds)
    {
        seconds = 0;
        if (!topic.StartsWith(Prefix))
            return true;
        var rest = topic[Prefix.Length..];
        var at = rest.IndexOf((byte)'/');
        if (at < 1 || at + 1 == rest.Length || !Utf8Parser.TryParse(rest[..at], out seconds, out var length) || length != at || seconds is < 0 or > SecondsMax)
            return false;
        topic = rest[(at + 1)..];
        return true;
    }
}

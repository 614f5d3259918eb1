using System.Globalization;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>A length of time as streams are told it: a whole number and one of <c>Y M D h m s</c>, years and months being 365 and 30 days.</summary>
internal static class StreamInterval
{
    public static bool TryParse(string text, out TimeSpan interval)
    {
        interval = default;
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        var seconds = text[^1] switch
        {
            'Y' => 365 * 86_400L,
            'M' => 30 * 86_400L,
            'D' => 86_400L,
            'h' => 3_600L,
            'm' => 60L,
            's' => 1L,
            _ => 0L,
        };
        if (seconds == 0 || number > TimeSpan.MaxValue.TotalSeconds / seconds)
            return false;
        interval = TimeSpan.FromSeconds(number * seconds);
        return true;
    }
}

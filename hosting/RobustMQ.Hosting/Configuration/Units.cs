using System.Globalization;

namespace RobustMQ.Hosting.Configuration;

/// <summary>Sizes and durations as people write them.</summary>
internal static class Units
{
    public static bool TryParseBytes(string text, out long bytes)
    {
        var (number, factor) = text switch
        {
            _ when text.EndsWith("KiB", StringComparison.OrdinalIgnoreCase) => (text[..^3], 1L << 10),
            _ when text.EndsWith("MiB", StringComparison.OrdinalIgnoreCase) => (text[..^3], 1L << 20),
            _ when text.EndsWith("GiB", StringComparison.OrdinalIgnoreCase) => (text[..^3], 1L << 30),
            _ => (text, 1L),
        };
        var ok = long.TryParse(number.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out bytes) && bytes <= long.MaxValue / factor;
        bytes *= factor;
        return ok;
    }

    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        var (number, unit) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 1d),
            _ when text.EndsWith('s') => (text[..^1], 1000d),
            _ when text.EndsWith('m') => (text[..^1], 60_000d),
            _ when text.EndsWith('h') => (text[..^1], 3_600_000d),
            _ => (string.Empty, 0d),
        };
        duration = default;
        // The style lets NaN and the infinities through: the range does not.
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || !(value * unit is >= 0 and <= 1e12))
            return false;
        duration = TimeSpan.FromMilliseconds(value * unit);
        return true;
    }

    public static string Format(TimeSpan duration) => duration switch
    {
        { TotalMilliseconds: < 1000 } => $"{duration.TotalMilliseconds:0}ms",
        { TotalSeconds: < 60 } => $"{duration.TotalSeconds:0.###}s",
        { TotalMinutes: < 60 } => $"{duration.TotalMinutes:0.###}m",
        _ => $"{duration.TotalHours:0.###}h",
    };
}

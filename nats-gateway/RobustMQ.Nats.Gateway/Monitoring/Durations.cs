namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary>Times as nats-server writes them: <c>1d2h3m4s</c>, and short ones with a fraction (<c>1.5ms</c>).</summary>
internal static class Durations
{
    public static string Format(TimeSpan duration) => duration switch
    {
        { Days: > 0 } => $"{duration.Days}d{duration.Hours}h{duration.Minutes}m{duration.Seconds}s",
        { Hours: > 0 } => $"{duration.Hours}h{duration.Minutes}m{duration.Seconds}s",
        { Minutes: > 0 } => $"{duration.Minutes}m{duration.Seconds}s",
        _ => $"{Math.Max(0, duration.Seconds)}s",
    };

    public static string FormatShort(TimeSpan duration) =>
        duration.TotalMilliseconds >= 1 ? $"{duration.TotalMilliseconds:0.###}ms" : $"{duration.TotalMicroseconds:0}µs";
}

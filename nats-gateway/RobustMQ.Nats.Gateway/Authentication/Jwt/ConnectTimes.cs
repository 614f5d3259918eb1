using System.Globalization;
using System.Text.Json;

namespace RobustMQ.Nats.Gateway.Authentication.Jwt;

/// <summary>The claims <c>times</c> and <c>times_location</c>: the times of day at which a user may be connected.</summary>
internal sealed class ConnectTimes
{
    private readonly List<(TimeOnly Start, TimeOnly End)> _ranges = [];
    private TimeZoneInfo _zone = TimeZoneInfo.Utc;

    public bool IsEmpty => _ranges.Count == 0;

    public static ConnectTimes Read(JsonElement claims)
    {
        var times = new ConnectTimes();
        foreach (var range in claims.Items("times"))
            times._ranges.Add((ReadTime(range, "start"), ReadTime(range, "end")));
        if (claims.Text("times_location") is { Length: > 0 } location)
            times._zone = TimeZoneInfo.TryFindSystemTimeZoneById(location, out var zone) ? zone : throw new FormatException($"'{location}' is no time zone.");
        return times;
    }

    /// <summary>Whether a moment is allowed, and until when.</summary>
    /// <param name="until">Null: for ever.</param>
    public bool Allow(DateTimeOffset now, out DateTimeOffset? until)
    {
        until = null;
        if (IsEmpty)
            return true;
        var timeOfDay = TimeOnly.FromTimeSpan(TimeZoneInfo.ConvertTime(now, _zone).TimeOfDay);
        foreach (var (start, end) in _ranges)
        {
            // Knows ranges that go past midnight.
            if (!timeOfDay.IsBetween(start, end))
                continue;
            until = now + (end - timeOfDay);
            return true;
        }
        return false;
    }

    private static TimeOnly ReadTime(JsonElement range, string name) =>
        TimeOnly.TryParseExact(range.Text(name), "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : throw new FormatException($"The claim 'times' has no valid '{name}'.");
}

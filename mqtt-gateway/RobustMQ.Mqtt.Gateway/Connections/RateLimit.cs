namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>So many a second, with a burst of one second's worth. What goes beyond is owed, and waited for. Not thread-safe.</summary>
/// <param name="perSecond">0: no limit.</param>
internal sealed class RateLimit(double perSecond, TimeProvider time)
{
    private double _used;
    private long _at = time.GetTimestamp();

    /// <summary>Takes what was used.</summary>
    /// <returns>How long to wait before more is taken.</returns>
    public TimeSpan Take(double count)
    {
        if (perSecond == 0 || count == 0)
            return TimeSpan.Zero;
        Refill();
        _used += count;
        return _used <= perSecond ? TimeSpan.Zero : TimeSpan.FromSeconds((_used - perSecond) / perSecond);
    }

    /// <summary>Takes one where there is one.</summary>
    public bool TryTake()
    {
        if (perSecond == 0)
            return true;
        Refill();
        if (_used > perSecond - 1)
            return false;
        _used++;
        return true;
    }

    private void Refill()
    {
        var now = time.GetTimestamp();
        _used = Math.Max(0, _used - time.GetElapsedTime(_at, now).TotalSeconds * perSecond);
        _at = now;
    }
}

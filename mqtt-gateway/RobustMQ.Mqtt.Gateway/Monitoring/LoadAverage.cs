namespace RobustMQ.Mqtt.Gateway.Monitoring;

/// <summary>How much of something there is a minute, averaged over the last 1, 5 and 15 minutes with older minutes weighing exponentially less, as systems tell their load. Not thread-safe.</summary>
internal sealed class LoadAverage
{
    private readonly double[] _averages = new double[3];
    private long _total;

    /// <summary>Minutes of each average.</summary>
    public static ReadOnlySpan<int> Minutes => [1, 5, 15];

    /// <summary>As many as <see cref="Minutes"/>.</summary>
    public ReadOnlySpan<double> Averages => _averages;

    /// <param name="total">Of all that there ever was.</param>
    /// <param name="elapsed">Since the last call.</param>
    public void Add(long total, TimeSpan elapsed)
    {
        if (elapsed <= TimeSpan.Zero)
            return;
        var rate = (total - _total) / elapsed.TotalMinutes;
        _total = total;
        for (var at = 0; at < _averages.Length; at++)
            _averages[at] = rate + (Math.Exp(-elapsed.TotalMinutes / Minutes[at]) * (_averages[at] - rate));
    }
}

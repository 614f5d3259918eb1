namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary>Share of one core that the process used since the last question, in percent.</summary>
internal sealed class CpuMeter
{
    private readonly Lock _lock = new();
    private TimeSpan _used = Environment.CpuUsage.TotalTime;
    private long _at = TimeProvider.System.GetTimestamp();

    public double Percent()
    {
        lock (_lock)
        {
            var used = Environment.CpuUsage.TotalTime;
            var elapsed = TimeProvider.System.GetElapsedTime(_at);
            var percent = elapsed > TimeSpan.Zero ? (used - _used) / elapsed * 100 : 0;
            _used = used;
            _at = TimeProvider.System.GetTimestamp();
            return Math.Round(percent, 1);
        }
    }
}

using RobustMQ.Bench.Storage;

namespace RobustMQ.Bench.Kafka;

/// <summary>Runs of one thing: bytes a second, and the broker's processor time for each byte.</summary>
/// <param name="cpu">Processor time of the broker so far; null: not looked at.</param>
internal sealed class Measured(Func<TimeSpan>? cpu)
{
    private readonly List<double> _rates = [];
    private readonly List<double> _costs = [];

    public bool IsEmpty => _rates.Count == 0;

    public double Rate => Median.Of(_rates, static rate => rate);

    public double CpuPerByte => Median.Of(_costs, static cost => cost);

    /// <param name="run">Returns bytes a second.</param>
    public void Add(long bytes, Func<double> run)
    {
        var before = cpu?.Invoke() ?? default;
        _rates.Add(run());
        _costs.Add(((cpu?.Invoke() ?? default) - before).TotalSeconds / bytes);
    }
}

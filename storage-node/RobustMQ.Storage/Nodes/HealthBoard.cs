using RobustMQ.Records.Nodes;

namespace RobustMQ.Storage.Nodes;

/// <summary>What each stage of the start, and later each part, says of itself. Stages keep the order in which they first spoke.</summary>
internal sealed class HealthBoard
{
    private readonly List<HealthStage> _stages = [];
    private readonly Lock _lock = new();

    public void Set(string stage, bool isHealthy, string detail)
    {
        lock (_lock)
        {
            var at = _stages.FindIndex(present => present.Name == stage);
            var now = new HealthStage(stage, isHealthy, detail);
            if (at < 0)
                _stages.Add(now);
            else
                _stages[at] = now;
        }
    }

    public NodeHealth Read()
    {
        lock (_lock)
            return new NodeHealth(_stages.TrueForAll(stage => stage.IsHealthy), [.. _stages]);
    }
}

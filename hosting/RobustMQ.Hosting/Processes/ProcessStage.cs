namespace RobustMQ.Hosting.Processes;

/// <summary>Where a process is in its life; it is ready in the middle one only.</summary>
internal sealed class ProcessStage
{
    private volatile string _name = "starting";

    public HealthReport Report => new("process", _name == "running", _name);

    public void EnterRunning() => _name = "running";

    public void EnterDraining() => _name = "draining";
}

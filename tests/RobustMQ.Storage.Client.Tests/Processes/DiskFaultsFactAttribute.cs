namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>Runs where <c>tests/DiskTrouble/run</c> has compiled the library that stands between a process and its disk.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DiskFaultsFactAttribute : FactAttribute
{
    public DiskFaultsFactAttribute()
    {
        if (DiskFaults.Library is null)
            Skip = "needs a C compiler: tests/DiskTrouble/run";
    }
}

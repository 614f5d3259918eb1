using Microsoft.AspNetCore.Http;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.Hosting.Tests.Processes;

/// <summary>A part whose life the test watches and steers.</summary>
internal sealed class FakePart(string name, List<string> events) : IProcessPart, IAdminRoutes
{
    public string Name => name;

    public Exception? StartFailure { get; set; }

    public Task? DrainBlocker { get; set; }

    public bool IsHealthy { get; set; } = true;

    public IReadOnlyList<ListenerEndPoint> Listeners => [new ListenerEndPoint(name, "127.0.0.1:4222")];

    public IReadOnlyList<HealthReport> Health => [new HealthReport(name, IsHealthy, "detail")];

    public IReadOnlyDictionary<string, RequestDelegate> AdminRoutes { get; } = new Dictionary<string, RequestDelegate>
    {
        [$"/{name}z"] = static context => context.Response.WriteAsync("mine"),
    };

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Note("start");
        return StartFailure is null ? Task.CompletedTask : Task.FromException(StartFailure);
    }

    public Task DrainAsync(CancellationToken cancellationToken)
    {
        Note("drain");
        return DrainBlocker?.WaitAsync(cancellationToken) ?? Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Note("dispose");
        return ValueTask.CompletedTask;
    }

    private void Note(string what)
    {
        lock (events)
            events.Add($"{what} {name}");
    }
}

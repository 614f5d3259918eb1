namespace RobustMQ.Hosting.Processes;

/// <summary>Something that a process runs: a storage-node, a gateway. A single process has one, the all-in-one has several.</summary>
public interface IProcessPart : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Completes when every listener accepts.</summary>
    /// <exception cref="StartException">It cannot start, in words for an operator.</exception>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Where it listens, once started.</summary>
    IReadOnlyList<ListenerEndPoint> Listeners { get; }

    IReadOnlyList<HealthReport> Health { get; }

    /// <summary>Stops accepting, tells clients, finishes what is in flight. Returns early when cancelled.</summary>
    Task DrainAsync(CancellationToken cancellationToken);
}

/// <summary>One listener, for the lines that a process prints when it starts.</summary>
public sealed record ListenerEndPoint(string Name, string Address);

/// <summary>State of one stage or part.</summary>
public sealed record HealthReport(string Name, bool IsHealthy, string Detail);

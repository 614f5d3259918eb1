namespace RobustMQ.Bench.Nats;

/// <summary>Requests that responders of the same command answer; the latency of each is recorded.</summary>
internal sealed record RequestScenario
{
    public required string Name { get; init; }

    public int Requesters { get; init; } = 1;

    public int Responders { get; init; } = 1;

    /// <summary>Requests of one requester that are unanswered at once.</summary>
    public int InFlight { get; init; } = 1;

    public int PayloadBytes { get; init; } = 16;

    public long Requests { get; init; } = 20_000;

    public string Subject { get; init; } = "bench.service";

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>One run. Latencies in microseconds.</summary>
internal sealed record RequestResult(
    string Server, string ServerVersion, RequestScenario Scenario, double Seconds, long Answered,
    double P50Us, double P90Us, double P99Us, double P999Us, double MaxUs)
{
    public double Rate => Answered / Seconds;

    public long Lost => Scenario.Requests - Answered;
}

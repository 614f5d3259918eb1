namespace RobustMQ.Bench.Mqtt;

/// <summary>Looks retained messages up by subscribing.</summary>
internal sealed record RetainedScenario
{
    public required string Name { get; init; }

    /// <summary>Topics with a retained message.</summary>
    public required int Topics { get; init; }

    /// <summary>Filters that are subscribed to, each of one topic; 0: one filter for all topics.</summary>
    public required int Lookups { get; init; }

    public int PayloadBytes { get; init; } = 16;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<RetainedScenario> Suite(int topics) =>
    [
        new() { Name = $"retained, {topics:N0} topics, one by one", Topics = topics, Lookups = Math.Min(topics, 20_000) },
        new() { Name = $"retained, {topics:N0} topics, one filter", Topics = topics, Lookups = 0 },
    ];
}

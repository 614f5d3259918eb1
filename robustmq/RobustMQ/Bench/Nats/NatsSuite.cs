namespace RobustMQ.Bench.Nats;

/// <summary>The scenarios that a release is measured with.</summary>
internal static class NatsSuite
{
    public static IReadOnlyList<PubSubScenario> PubSub(long messages) =>
    [
        new() { Name = "1:1 16 B", Subscribers = 1, Messages = messages },
        new() { Name = "1:1 128 B", Subscribers = 1, PayloadBytes = 128, Messages = messages },
        new() { Name = "1:4 16 B", Subscribers = 4, Messages = messages / 2 },
        new() { Name = "4:4 16 B", Publishers = 4, Subscribers = 4, Messages = messages / 2 },
        new() { Name = "publish 16 B", Messages = messages },
    ];

    public static IReadOnlyList<RequestScenario> Requests(long requests) =>
    [
        new() { Name = "request 1 in flight", Requests = requests },
        new() { Name = "request 64 in flight", Requests = requests * 4, InFlight = 64 },
    ];
}

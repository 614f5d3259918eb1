namespace RobustMQ.Bench.Mqtt;

/// <summary>Publishers and subscribers: every subscriber gets every message.</summary>
internal sealed record MqttScenario
{
    public required string Name { get; init; }

    public int Publishers { get; init; } = 1;

    public int Subscribers { get; init; } = 1;

    public int PayloadBytes { get; init; } = 16;

    /// <summary>Over all publishers.</summary>
    public long Messages { get; init; } = 500_000;

    /// <summary>0 or 1, both ways.</summary>
    public byte Qos { get; init; }

    /// <summary>Unacknowledged publishes of one publisher at QoS 1.</summary>
    public int InFlight { get; init; } = 100;

    /// <summary>Filters that one more client subscribes to before, none of which matches.</summary>
    public int OtherSubscriptions { get; init; }

    /// <summary>Each message goes to the next of so many topics, and the subscribers have a filter for every one of them.</summary>
    public int Topics { get; init; } = 1;

    /// <summary>The subscribers' sessions outlive their connections.</summary>
    public bool IsPersistent { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    public long ExpectedDeliveries => Messages * Subscribers;

    /// <summary>The scenarios that a release is measured with.</summary>
    public static IReadOnlyList<MqttScenario> Suite(long messages) =>
    [
        new() { Name = "QoS 0 1:1", Messages = messages },
        new() { Name = "QoS 0 1:50", Subscribers = 50, Messages = messages / 10 },
        new() { Name = "QoS 0 1,000:1", Publishers = 1000, Messages = messages },
        new() { Name = "QoS 0 1:1, 100,000 other filters", OtherSubscriptions = 100_000, Messages = messages },
        new() { Name = "QoS 0 1:1, 100,000 topics and filters", Topics = 100_000, Messages = messages },
        new() { Name = "QoS 1 1:1", Qos = 1, Messages = messages / 5 },
        new() { Name = "QoS 1 1:50", Qos = 1, Subscribers = 50, Messages = messages / 50 },
        new() { Name = "QoS 1 1:1, persistent session", Qos = 1, IsPersistent = true, Messages = messages / 5 },
    ];
}

/// <summary>One run of a scenario.</summary>
/// <param name="Seconds">From the first byte sent until the last message was there.</param>
internal sealed record MqttRun(double Seconds, long Delivered, long Lost)
{
    public double Rate => Delivered / Seconds;
}

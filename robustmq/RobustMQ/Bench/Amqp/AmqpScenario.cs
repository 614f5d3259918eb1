namespace RobustMQ.Bench.Amqp;

/// <summary>One publisher, some queues, a consumer for each.</summary>
internal sealed record AmqpScenario
{
    public required string Name { get; init; }

    public int Queues { get; init; } = 1;

    /// <summary>Every queue gets every message; otherwise they take turns.</summary>
    public bool IsFanOut { get; init; }

    /// <summary>The queues are durable and the messages persistent.</summary>
    public bool IsPersistent { get; init; }

    /// <summary>Of durable queues: <c>x-queue-type: quorum</c>.</summary>
    public bool IsQuorum { get; init; }

    /// <summary>Unconfirmed publishes; 0: no confirms are asked for.</summary>
    public int Window { get; init; }

    /// <summary>Consumers acknowledge, with this prefetch; 0: they do not.</summary>
    public int Prefetch { get; init; }

    /// <summary>All is published before anybody consumes, and only the consuming is measured.</summary>
    public bool IsDrain { get; init; }

    /// <summary>Messages a second, with their latencies told; 0: as many as go.</summary>
    public int Rate { get; init; }

    public int PayloadBytes { get; init; } = 256;

    public long Messages { get; init; } = 200_000;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    public long ExpectedDeliveries => IsFanOut ? Messages * Queues : Messages;

    /// <summary>The scenarios that a release is measured with.</summary>
    public static IReadOnlyList<AmqpScenario> Suite(long messages) =>
    [
        new() { Name = "transient 1:1", Messages = messages },
        new() { Name = "persistent, window 1", IsPersistent = true, Window = 1, Prefetch = 1000, Messages = messages / 200 },
        new() { Name = "persistent, window 100", IsPersistent = true, Window = 100, Prefetch = 1000, Messages = messages / 4 },
        new() { Name = "persistent, window 1,000", IsPersistent = true, Window = 1000, Prefetch = 1000, Messages = messages / 4 },
        new() { Name = "quorum, window 1", IsPersistent = true, IsQuorum = true, Window = 1, Prefetch = 1000, Messages = messages / 200 },
        new() { Name = "quorum, window 100", IsPersistent = true, IsQuorum = true, Window = 100, Prefetch = 1000, Messages = messages / 4 },
        new() { Name = "quorum, window 1,000", IsPersistent = true, IsQuorum = true, Window = 1000, Prefetch = 1000, Messages = messages / 4 },
        new() { Name = "fan-out to 100", Queues = 100, IsFanOut = true, Messages = messages / 100 },
        new() { Name = "100 queues 1:1", Queues = 100, Messages = messages },
        new() { Name = "drain", IsPersistent = true, IsDrain = true, Window = 1000, Prefetch = 1000, Messages = messages },
        new() { Name = "transient at 5,000/s", Rate = 5000, Messages = Math.Min(messages, 15_000) },
    ];
}

/// <summary>One run of a scenario.</summary>
/// <param name="Seconds">From the first byte sent until the last message was there.</param>
/// <param name="Latencies">Microseconds, of scenarios with a rate.</param>
internal sealed record AmqpRun(double Seconds, long Delivered, long Lost, (double P50, double P99) Latencies)
{
    public double Rate => Delivered / Seconds;
}

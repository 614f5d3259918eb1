namespace RobustMQ.Bench.Nats;

/// <summary>Publishers and subscribers at full speed or at a rate: every subscriber gets every message, or the members of a queue group share them.</summary>
internal sealed record PubSubScenario
{
    public required string Name { get; init; }

    public int Publishers { get; init; } = 1;

    /// <summary>0: publish only.</summary>
    public int Subscribers { get; init; }

    public int PayloadBytes { get; init; } = 16;

    /// <summary>Over all publishers.</summary>
    public long Messages { get; init; } = 1_000_000;

    /// <summary>Messages a second over all publishers; 0: as fast as it goes.</summary>
    public int Rate { get; init; }

    public string Subject { get; init; } = "bench";

    /// <summary>Null: every subscriber gets every message.</summary>
    public string? Queue { get; init; }

    public bool WithHeaders { get; init; }

    /// <summary>Publisher i publishes to <c>subject.i</c>; subscribers take <c>subject.*</c>.</summary>
    public bool OneSubjectPerPublisher { get; init; }

    /// <summary>A run that takes longer is stopped; what is missing then is a loss.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    public long ExpectedDeliveries => Queue is null ? Messages * Subscribers : Subscribers > 0 ? Messages : 0;
}

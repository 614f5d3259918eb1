using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Bench.Storage;

/// <summary>Producers, each with a connection of its own, append equal batches as fast as they are answered.</summary>
internal sealed record AppendScenario
{
    public required EngineKind Engine { get; init; }

    public required Durability Durability { get; init; }

    public required int Producers { get; init; }

    /// <summary>Logs that the producers are spread over.</summary>
    public required int Logs { get; init; }

    public required int BatchRecords { get; init; }

    /// <summary>Value of a record, bytes.</summary>
    public required int RecordBytes { get; init; }

    /// <summary>Batches over all producers.</summary>
    public required int Batches { get; init; }

    /// <summary>Unanswered batches of one producer.</summary>
    public required int InFlight { get; init; }
}

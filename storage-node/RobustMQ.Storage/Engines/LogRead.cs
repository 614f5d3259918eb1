using RobustMQ.Records;

namespace RobustMQ.Storage.Engines;

/// <summary>What to take from a log.</summary>
public readonly struct LogRead
{
    /// <summary>From the batch that holds this offset.</summary>
    public required Offset From { get; init; }

    /// <summary>Stop before this offset's batch; <see cref="Offset.None"/>: the end.</summary>
    public Offset Until { get; init; }

    /// <summary>At least one batch is returned.</summary>
    public required int MaxBytes { get; init; }

    /// <summary>Stop after the batch in which this many records are reached; 0: no limit.</summary>
    public int MaxRecords { get; init; }
}

/// <param name="Next">Offset behind the last batch written: where to read on.</param>
/// <param name="Bytes">Bytes written.</param>
public readonly record struct LogReadResult(ErrorCode Error, Offset Next, int Bytes);

/// <summary>A log at one moment.</summary>
public sealed record LogManifest(LogId Id, Offset Start, Offset End, long SizeBytes, long AppliedIndex, Epoch LastEpoch);

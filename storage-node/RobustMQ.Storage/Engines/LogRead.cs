using RobustMQ.Records;

namespace RobustMQ.Storage.Engines;

/// <summary>What to take from a log.</summary>
public readonly struct LogRead
{
    public LogRead()
    {
    }

    /// <summary>From the batch that holds this offset.</summary>
    public required Offset From { get; init; }

    /// <summary>Stop before the batch that begins at or behind this offset; <see cref="Offset.None"/>: the end.</summary>
    public Offset Until { get; init; } = Offset.None;

    /// <summary>At least one batch is returned, where there is one.</summary>
    public required int MaxBytes { get; init; }

    /// <summary>Stop after the batch in which this many records are reached; 0: no limit.</summary>
    public int MaxRecords { get; init; }
}

/// <param name="Error"><see cref="ErrorCode.OffsetOutOfRange"/> where the offset lies before the start or behind the end.</param>
/// <param name="Next">Offset behind the last batch written: where to read on.</param>
/// <param name="Bytes">Bytes written.</param>
public readonly record struct LogReadResult(ErrorCode Error, Offset Next, int Bytes)
{
    /// <summary>No record of it carries an expiry; false where the log did not look.</summary>
    public bool IsPlain { get; init; }
}

/// <summary>A log at one moment.</summary>
public sealed record LogManifest(LogId Id, Offset Start, Offset End, long SizeBytes, long AppliedIndex, Epoch LastEpoch);

using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Engines.Keys;

/// <summary>What <see cref="LogKeys"/> needs of the log that it belongs to. Called by the log's writer.</summary>
internal interface IKeyedLog
{
    Offset StartOffset { get; }

    long RecordCount { get; }

    /// <summary>Every record that is still there, oldest first.</summary>
    void VisitRecords(RecordVisitor visit);

    /// <summary>The records of one batch that are still there.</summary>
    void VisitRecords(ReadOnlySpan<byte> batch, RecordVisitor visit);

    /// <summary>Removes records that a newer one of their key displaced.</summary>
    void Displace(List<long> offsets);
}

internal delegate void RecordVisitor(in Record record);

using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Logs;

/// <summary>The records at some offsets.</summary>
internal sealed class OffsetSelector(IReadOnlySet<long> offsets) : IRecordSelector
{
    public bool Wants(in Record record) => offsets.Contains(record.Offset.Value);
}

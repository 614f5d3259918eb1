using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Logs;

/// <summary>Says which records a scan is about.</summary>
internal interface IRecordSelector
{
    bool Wants(in Record record);
}

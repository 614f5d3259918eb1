using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Logs;

/// <summary>Is shown the records of a log one by one.</summary>
internal interface IRecordVisitor
{
    /// <returns>False: no more.</returns>
    bool Visit(in Record record);
}

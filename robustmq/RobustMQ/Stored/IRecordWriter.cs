using RobustMQ.Records.Batches;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Stored;

/// <summary>How a dump looks: one line for each batch or record.</summary>
internal interface IRecordWriter
{
    void WriteBatch(StoredBatch batch);

    void WriteRecord(in Record record);
}

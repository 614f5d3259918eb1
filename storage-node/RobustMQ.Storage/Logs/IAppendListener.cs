using RobustMQ.Records;

namespace RobustMQ.Storage.Logs;

/// <summary>Hears of appends to persistent logs that are as durable as they asked: each once, in the order of the logs, before whoever appended is answered. Must not block.</summary>
internal interface IAppendListener
{
    void OnAppended(LogPartition partition, AppendToLog append, Offset baseOffset);
}

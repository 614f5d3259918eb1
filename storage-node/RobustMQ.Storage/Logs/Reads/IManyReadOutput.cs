using RobustMQ.Records.Logs;

namespace RobustMQ.Storage.Logs.Reads;

/// <summary>Takes what a read of many logs finds: each log once, in the order asked for, as soon as nothing can be added to it.</summary>
public interface IManyReadOutput
{
    /// <summary>The next log's result, the taker's to dispose. Nothing more is read before this completes.</summary>
    ValueTask TakeAsync(ReadResult result);
}

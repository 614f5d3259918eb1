using RobustMQ.Records;

namespace RobustMQ.Storage.Client.Transport;

/// <summary>A call's reply, and its error: the reply's own, or that of a call which got none.</summary>
internal readonly record struct CallOutcome<TReply>(ErrorCode Error, TReply? Reply)
    where TReply : class
{
    public string? Message { get; init; }

    /// <exception cref="StorageException">There is no reply.</exception>
    public TReply GetReply(string operation) =>
        Reply ?? throw new StorageException(Error, $"{operation}: {Message ?? Error.ToString()}");
}

using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>Appends whose every end is an outcome: whoever waits for one is told, whatever the storage client throws.</summary>
internal static class Appending
{
    /// <summary>Begins an append. Never throws; the task that it returns may.</summary>
    public static ValueTask<AppendResult> Begin(ILogClient logs, in AppendRequest request)
    {
        try
        {
            return logs.AppendAsync(request);
        }
        catch (Exception error)
        {
            return ValueTask.FromResult(AppendResult.Failed(OutcomeOf(error)));
        }
    }

    /// <summary>Appends, and never throws.</summary>
    public static async ValueTask<ErrorCode> AppendAsync(ILogClient logs, AppendRequest request)
    {
        try
        {
            return (await logs.AppendAsync(request).ConfigureAwait(false)).Error;
        }
        catch (Exception error)
        {
            return OutcomeOf(error);
        }
    }

    /// <summary>What an append that threw has come to; never that it is stored.</summary>
    public static ErrorCode OutcomeOf(Exception error) => error switch
    {
        StorageException { Code: not ErrorCode.None } storage => storage.Code,
        ObjectDisposedException or OperationCanceledException => ErrorCode.Unavailable,
        _ => ErrorCode.Internal,
    };
}

using Grpc.Core;

namespace RobustMQ.StorageNode.Streams;

/// <summary>Sends what a watch brings until the caller goes or the server drains.</summary>
internal static class WatchStream
{
    public static async Task RunAsync<TChange, TMessage>(
        IAsyncEnumerable<TChange> changes, Func<TChange, TMessage> toMessage, IServerStreamWriter<TMessage> replies, ServerCallContext context, CancellationToken ending)
    {
        // The caller knows that its watch stands before anything has changed.
        await context.WriteResponseHeadersAsync([]).ConfigureAwait(false);
        try
        {
            await foreach (var change in changes.ConfigureAwait(false))
                await replies.WriteAsync(toMessage(change), ending).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
        }
    }
}

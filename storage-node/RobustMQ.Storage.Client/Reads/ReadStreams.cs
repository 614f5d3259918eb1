using System.Collections.Concurrent;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client.Resilience;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Reads;

/// <summary>
/// Reads of many logs. Each has a stream to itself while it runs, so that neither a long wait nor a slow answer stands in another's way; afterwards the next one takes the
/// stream over, which spares it a call.
/// </summary>
internal sealed class ReadStreams(Proto.LogService.LogServiceClient client, StoragePipelines pipelines) : IDisposable
{
    /// <summary>Streams that are kept while nobody reads: as many as run together where some hundred consumers poll. Beyond that one is opened when it is needed.</summary>
    private const int IdleMax = 64;

    private readonly ConcurrentStack<ReadStream> _idle = new();
    private volatile bool _isClosed;

    public async ValueTask<ReadManyResult> ReadAsync(ReadManyRequest request, CancellationToken cancellationToken)
    {
        var context = StoragePipelines.Rent(request.MaxWait, cancellationToken);
        try
        {
            return await pipelines.Query.ExecuteAsync(
                static (context, state) => state.streams.TryAsync(state.request, context.CancellationToken), context, (streams: this, request)).ConfigureAwait(false);
        }
        catch (Exception error) when (Failures.IsExpected(error))
        {
            return ReadManyResult.Failed(Failures.CodeOf(error, isChange: false, cancellationToken), request.Logs.Count);
        }
        finally
        {
            StoragePipelines.Return(context);
        }
    }

    public void Dispose()
    {
        _isClosed = true;
        CloseIdle();
    }

    private async ValueTask<ReadManyResult> TryAsync(ReadManyRequest request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, typeof(GrpcStorageClient));
        if (!_idle.TryPop(out var stream))
            stream = new ReadStream(client);
        try
        {
            var result = await stream.ReadAsync(request, cancellationToken).ConfigureAwait(false);
            Keep(stream);
            return result;
        }
        catch
        {
            stream.Dispose();
            // What ended this one has most likely ended those that lie idle: the next attempt begins with a new one.
            if (!cancellationToken.IsCancellationRequested)
                CloseIdle();
            throw;
        }
    }

    private void Keep(ReadStream stream)
    {
        if (_isClosed || _idle.Count >= IdleMax)
        {
            stream.Dispose();
            return;
        }
        _idle.Push(stream);
        if (_isClosed)
            CloseIdle();
    }

    private void CloseIdle()
    {
        while (_idle.TryPop(out var stream))
            stream.Dispose();
    }
}

using Grpc.Core;
using RobustMQ.Storage.Client.Resilience;

namespace RobustMQ.Storage.Client.Transport;

/// <summary>A stream from the storage-node that stands; it ends quietly when its connection is lost.</summary>
internal sealed class ServerStream<TReply> : IAsyncDisposable
    where TReply : class
{
    private readonly CancellationTokenSource _lifetime;
    private readonly AsyncServerStreamingCall<TReply> _call;

    private ServerStream(AsyncServerStreamingCall<TReply> call, CancellationTokenSource lifetime)
    {
        _call = call;
        _lifetime = lifetime;
    }

    public TReply Current => _call.ResponseStream.Current;

    /// <param name="cancellationToken">Of the attempt to open it, not of the stream.</param>
    public static async ValueTask<ServerStream<TReply>> OpenAsync(
        Func<CallOptions, AsyncServerStreamingCall<TReply>> open, CancellationToken cancellationToken)
    {
        var lifetime = new CancellationTokenSource();
        var stream = new ServerStream<TReply>(open(new CallOptions(cancellationToken: lifetime.Token)), lifetime);
        try
        {
            await stream._call.ResponseHeadersAsync.WaitAsync(cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <returns>False when the stream is over, for whatever reason.</returns>
    /// <exception cref="OperationCanceledException">The caller withdrew.</exception>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (Failures.IsExpected(error))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _lifetime.CancelAsync().ConfigureAwait(false);
        _call.Dispose();
        _lifetime.Dispose();
    }
}

using Grpc.Core;
using RobustMQ.Records;
using RobustMQ.Storage.Client.Resilience;

namespace RobustMQ.Storage.Client.Transport;

/// <summary>Opens streams from the storage-node; tries until they stand.</summary>
internal sealed class NodeStreams(NodeLink link, StoragePipelines pipelines)
{
    /// <exception cref="OperationCanceledException">The caller withdrew.</exception>
    /// <exception cref="StorageException">The storage-node refuses this request, and would again.</exception>
    public async ValueTask<ServerStream<TReply>> OpenAsync<TRequest, TReply>(
        Func<TRequest, CallOptions, AsyncServerStreamingCall<TReply>> call, TRequest request, CancellationToken cancellationToken)
        where TReply : class
    {
        await link.WhenUpAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await pipelines.Stream.ExecuteAsync(
                static async (state, attempt) => await ServerStream<TReply>.OpenAsync(
                    options => state.call(state.request, options), attempt).ConfigureAwait(false),
                (call, request),
                cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException refusal)
        {
            throw new StorageException(Failures.CodeOf(refusal, isChange: false, cancellationToken), refusal.Status.Detail, refusal);
        }
    }
}

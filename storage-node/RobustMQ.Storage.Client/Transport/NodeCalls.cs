using Grpc.Core;
using Polly;
using RobustMQ.Records;
using RobustMQ.Storage.Client.Resilience;

namespace RobustMQ.Storage.Client.Transport;

/// <summary>Makes single calls through the pipelines and turns what goes wrong into error codes.</summary>
internal sealed class NodeCalls(StoragePipelines pipelines)
{
    /// <summary>A call that may be made twice.</summary>
    public ValueTask<CallOutcome<TReply>> QueryAsync<TRequest, TReply>(
        Func<TRequest, CallOptions, AsyncUnaryCall<TReply>> call, TRequest request, CancellationToken cancellationToken, TimeSpan serverWait = default)
        where TReply : class =>
        RunAsync(pipelines.Query, call, request, static _ => null, isChange: false, serverWait, cancellationToken);

    /// <summary>A call that may be made twice, and whose reply carries an error of its own.</summary>
    public ValueTask<CallOutcome<TReply>> QueryAsync<TRequest, TReply>(
        Func<TRequest, CallOptions, AsyncUnaryCall<TReply>> call,
        TRequest request,
        Func<TReply, Protos.V1.Error?> errorOf,
        CancellationToken cancellationToken,
        TimeSpan serverWait = default)
        where TReply : class =>
        RunAsync(pipelines.Query, call, request, errorOf, isChange: false, serverWait, cancellationToken);

    /// <summary>A call that differs when it is made twice.</summary>
    public ValueTask<CallOutcome<TReply>> ChangeAsync<TRequest, TReply>(
        Func<TRequest, CallOptions, AsyncUnaryCall<TReply>> call,
        TRequest request,
        Func<TReply, Protos.V1.Error?> errorOf,
        CancellationToken cancellationToken,
        TimeSpan serverWait = default)
        where TReply : class =>
        RunAsync(pipelines.Change, call, request, errorOf, isChange: true, serverWait, cancellationToken);

    private static async ValueTask<CallOutcome<TReply>> RunAsync<TRequest, TReply>(
        ResiliencePipeline pipeline,
        Func<TRequest, CallOptions, AsyncUnaryCall<TReply>> call,
        TRequest request,
        Func<TReply, Protos.V1.Error?> errorOf,
        bool isChange,
        TimeSpan serverWait,
        CancellationToken cancellationToken)
        where TReply : class
    {
        var context = StoragePipelines.Rent(serverWait, cancellationToken);
        try
        {
            var reply = await pipeline.ExecuteAsync(
                static async (context, state) =>
                {
                    using var running = state.call(state.request, new CallOptions(cancellationToken: context.CancellationToken));
                    var reply = await running.ResponseAsync.ConfigureAwait(false);
                    if (state.errorOf(reply) is { Code: Protos.V1.ErrorCode.NotLeader })
                        throw new NotLeaderException();
                    return reply;
                },
                context,
                (call, request, errorOf)).ConfigureAwait(false);
            return new CallOutcome<TReply>((ErrorCode)(errorOf(reply)?.Code ?? 0), reply);
        }
        catch (Exception error) when (Failures.IsExpected(error))
        {
            return new CallOutcome<TReply>(Failures.CodeOf(error, isChange, cancellationToken), null) { Message = error.Message };
        }
        finally
        {
            StoragePipelines.Return(context);
        }
    }
}

using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;

namespace RobustMQ.StorageNode.Services;

/// <summary>Turns what is thrown while a call is served into a gRPC status: a request that is no request into INVALID_ARGUMENT, a fault of this node into INTERNAL and a line in its log.</summary>
internal sealed partial class FailureInterceptor(ILogger<FailureInterceptor> logger) : Interceptor
{
    public override async Task<TReply> UnaryServerHandler<TRequest, TReply>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TReply> continuation)
    {
        try
        {
            return await continuation(request, context).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TReply>(
        TRequest request, IServerStreamWriter<TReply> replies, ServerCallContext context, ServerStreamingServerMethod<TRequest, TReply> continuation)
    {
        try
        {
            await continuation(request, replies, context).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TReply>(
        IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TReply> replies, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TReply> continuation)
    {
        try
        {
            await continuation(requests, replies, context).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }
    }

    private RpcException Translate(Exception error, ServerCallContext context)
    {
        switch (error)
        {
            case FormatException:
                return new RpcException(new Status(StatusCode.InvalidArgument, error.Message));
            case OperationCanceledException when !context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Unavailable, "the storage-node drains"));
            case OperationCanceledException or IOException or InvalidOperationException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, "the caller has gone"));
            case StorageException { Code: ErrorCode.Unavailable }:
                return new RpcException(new Status(StatusCode.Unavailable, error.Message));
            default:
                LogFailed(logger, context.Method, error);
                return new RpcException(new Status(StatusCode.Internal, "the storage-node failed; its log has the details"));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} failed")]
    private static partial void LogFailed(ILogger logger, string method, Exception error);
}

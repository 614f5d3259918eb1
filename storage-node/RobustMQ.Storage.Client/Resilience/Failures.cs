using System.Net.Http;
using Grpc.Core;
using Polly;
using Polly.Timeout;
using RobustMQ.Records;

namespace RobustMQ.Storage.Client.Resilience;

/// <summary>
/// What a failed call means. Pure. Where its caller did not withdraw it, an <see cref="OperationCanceledException"/> is a connection that was lost, or could not be made in
/// time: gRPC reports both so.
/// </summary>
internal static class Failures
{
    public static bool MayRepeatQuery(Exception? error) =>
        error switch
        {
            NotLeaderException or TimeoutRejectedException or OperationCanceledException => true,
            RpcException rpc => IsTransport(rpc),
            _ => false,
        };

    public static bool MayRepeatChange(Exception? error) =>
        error is NotLeaderException || (error is RpcException rpc && NeverLeft(rpc));

    /// <summary>A stream could not be opened, and not because of what it asks for.</summary>
    public static bool MayOpenAgain(Exception? error) =>
        error is not null
        and not RpcException { StatusCode: StatusCode.InvalidArgument or StatusCode.Unimplemented or StatusCode.PermissionDenied };

    /// <summary>The code that a caller gets for a call that ended in an exception.</summary>
    /// <param name="isChange">Doing it twice differs from doing it once: a lost answer is an unknown outcome.</param>
    public static ErrorCode CodeOf(Exception error, bool isChange, CancellationToken cancellationToken) =>
        error switch
        {
            OperationCanceledException when cancellationToken.IsCancellationRequested => ErrorCode.Cancelled,
            NotLeaderException => ErrorCode.NotLeader,
            TimeoutRejectedException => isChange ? ErrorCode.UnknownOutcome : ErrorCode.TimedOut,
            ExecutionRejectedException or ObjectDisposedException => ErrorCode.Unavailable,
            // What its caller withdrew while it was written to fails as if its connection were lost.
            RpcException rpc when !isChange && cancellationToken.IsCancellationRequested && IsTransport(rpc) => ErrorCode.Cancelled,
            RpcException rpc => CodeOf(rpc, isChange),
            OperationCanceledException => isChange ? ErrorCode.UnknownOutcome : ErrorCode.Unavailable,
            _ => ErrorCode.Internal,
        };

    public static bool IsExpected(Exception error) =>
        error is RpcException or OperationCanceledException or ExecutionRejectedException or NotLeaderException or ObjectDisposedException;

    private static ErrorCode CodeOf(RpcException error, bool isChange) =>
        error.StatusCode switch
        {
            StatusCode.InvalidArgument => ErrorCode.InvalidArgument,
            StatusCode.Unimplemented => ErrorCode.Unsupported,
            StatusCode.ResourceExhausted => ErrorCode.TooLarge,
            StatusCode.DeadlineExceeded => isChange ? ErrorCode.UnknownOutcome : ErrorCode.TimedOut,
            _ when !IsTransport(error) => ErrorCode.Internal,
            _ => isChange && !NeverLeft(error) ? ErrorCode.UnknownOutcome : ErrorCode.Unavailable,
        };

    /// <summary>The connection failed, or the node is going away; the call itself was not judged.</summary>
    private static bool IsTransport(RpcException error) =>
        error.StatusCode is StatusCode.Unavailable or StatusCode.Cancelled
        || (error.StatusCode is StatusCode.Internal or StatusCode.Unknown && error.Status.DebugException is HttpRequestException or IOException);

    /// <summary>There was no connection to send on.</summary>
    private static bool NeverLeft(RpcException error) =>
        error.Status.DebugException is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
        };
}

using Grpc.Core;
using RobustMQ.Records;
using RobustMQ.Storage.Client.Resilience;

namespace RobustMQ.Storage.Client.Tests.Faults;

/// <summary>What a caller is told of a call that ended in an exception.</summary>
public sealed class FailureCodeTests
{
    [Theory]
    [InlineData(StatusCode.Unavailable, false, true, ErrorCode.Cancelled)]
    [InlineData(StatusCode.Cancelled, false, true, ErrorCode.Cancelled)]
    [InlineData(StatusCode.Unavailable, false, false, ErrorCode.Unavailable)]
    [InlineData(StatusCode.InvalidArgument, false, true, ErrorCode.InvalidArgument)]
    [InlineData(StatusCode.Unavailable, true, true, ErrorCode.UnknownOutcome)]
    public void A_query_that_was_withdrawn_is_cancelled_however_its_stream_ended(StatusCode status, bool isChange, bool isWithdrawn, ErrorCode expected)
    {
        var error = new RpcException(new Status(status, "the stream has ended"));
        Assert.Equal(expected, Failures.CodeOf(error, isChange, new CancellationToken(isWithdrawn)));
    }
}

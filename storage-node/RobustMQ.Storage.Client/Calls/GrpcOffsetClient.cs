using RobustMQ.Protos.V1;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client.Mapping;
using RobustMQ.Storage.Client.Transport;
using ErrorCode = RobustMQ.Records.ErrorCode;
using TopicPartition = RobustMQ.Records.TopicPartition;

namespace RobustMQ.Storage.Client.Calls;

/// <summary>Plain offsets over gRPC.</summary>
internal sealed class GrpcOffsetClient(ConsumerService.ConsumerServiceClient client, NodeCalls calls)
{
    /// <summary>The same commit twice is the same: it may be repeated.</summary>
    public async ValueTask<ErrorCode> CommitAsync(OffsetCommit commit, CancellationToken cancellationToken) =>
        (await calls.QueryAsync(client.CommitOffsetsAsync, OffsetMapping.ToMessage(commit), static reply => reply.Error, cancellationToken).ConfigureAwait(false)).Error;

    /// <summary>May be repeated like a commit: it is the same transaction's, or that is over and the repeat is told.</summary>
    public async ValueTask<PendingCommitResult> CommitPendingAsync(PendingCommit commit, CancellationToken cancellationToken)
    {
        var outcome = await calls.QueryAsync(client.CommitPendingOffsetsAsync, OffsetMapping.ToMessage(commit), static reply => reply.Error, cancellationToken).ConfigureAwait(false);
        return new PendingCommitResult(outcome.Reply is { } reply ? Errors.Code(reply.Error) : outcome.Error, outcome.Reply?.Ended ?? 0);
    }

    public async ValueTask<ErrorCode> EndPendingAsync(PendingEnd end, CancellationToken cancellationToken) =>
        (await calls.QueryAsync(client.EndPendingOffsetsAsync, OffsetMapping.ToMessage(end), static reply => reply.Error, cancellationToken).ConfigureAwait(false)).Error;

    public async ValueTask<GroupOffsets> FetchAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken)
    {
        var request = new FetchOffsetsRequest { Namespace = ns.Value, Group = group };
        request.Logs.AddRange(logs.Select(LogMapping.ToMessage));
        var outcome = await calls.QueryAsync(client.FetchOffsetsAsync, request, static reply => reply.Error, cancellationToken).ConfigureAwait(false);
        return outcome.Reply is { } reply ? OffsetMapping.FromMessage(reply) : GroupOffsets.Failed(outcome.Error);
    }

    public async ValueTask<ErrorCode> DeleteAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken)
    {
        var request = new DeleteOffsetsRequest { Namespace = ns.Value, Group = group };
        request.Logs.AddRange(logs.Select(LogMapping.ToMessage));
        return (await calls.ChangeAsync(client.DeleteOffsetsAsync, request, static reply => reply.Error, cancellationToken).ConfigureAwait(false)).Error;
    }

    public async ValueTask<IReadOnlyList<OffsetGroup>> ListAsync(Namespace ns, CancellationToken cancellationToken)
    {
        var request = new ListOffsetGroupsRequest { Namespace = ns.Value };
        var outcome = await calls.QueryAsync(client.ListOffsetGroupsAsync, request, static reply => reply.Error, cancellationToken).ConfigureAwait(false);
        StorageException.ThrowIfError(outcome.Error, "list groups of offsets");
        return [.. outcome.GetReply("list groups of offsets").Groups.Select(OffsetMapping.FromMessage)];
    }
}

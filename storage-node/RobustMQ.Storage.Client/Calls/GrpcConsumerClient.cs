using RobustMQ.Protos.V1;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client.Consumers;
using RobustMQ.Storage.Client.Mapping;
using RobustMQ.Storage.Client.Transport;
using ConsumerRef = RobustMQ.Records.Consumers.ConsumerRef;
using ConsumerSpec = RobustMQ.Records.Consumers.ConsumerSpec;
using ConsumerStart = RobustMQ.Records.Consumers.ConsumerStart;
using ConsumerState = RobustMQ.Records.Consumers.ConsumerState;
using ErrorCode = RobustMQ.Records.ErrorCode;
using FetchRequest = RobustMQ.Records.Consumers.FetchRequest;
using TopicPartition = RobustMQ.Records.TopicPartition;

namespace RobustMQ.Storage.Client.Calls;

/// <summary>Consumers and plain offsets over gRPC.</summary>
internal sealed class GrpcConsumerClient(ConsumerService.ConsumerServiceClient client, NodeCalls calls, Memberships memberships) : IConsumerClient
{
    private readonly GrpcOffsetClient _offsets = new(client, calls);

    public ValueTask<ConsumerResult> CreateAsync(ConsumerSpec spec, CancellationToken cancellationToken = default) =>
        ResultOf(calls.ChangeAsync(client.CreateAsync, new CreateConsumerRequest { Spec = ConsumerMapping.ToMessage(spec) }, static reply => reply.Error, cancellationToken));

    public ValueTask<ConsumerResult> UpdateAsync(ConsumerSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default)
    {
        var request = new UpdateConsumerRequest { Spec = ConsumerMapping.ToMessage(spec), ExpectedRevision = expectedRevision };
        return ResultOf(calls.ChangeAsync(client.UpdateAsync, request, static reply => reply.Error, cancellationToken));
    }

    public async ValueTask<ErrorCode> BindAsync(BindingChange change, CancellationToken cancellationToken = default)
    {
        var request = new BindRequest { Consumer = ConsumerMapping.ToMessage(change.Consumer) };
        request.Remove.AddRange(change.Remove);
        request.Add.AddRange(change.Add.Select(ConsumerMapping.ToMessage));
        return (await calls.ChangeAsync(client.BindAsync, request, static reply => reply.Error, cancellationToken).ConfigureAwait(false)).Error;
    }

    public ValueTask<ConsumerRemoval> DeleteAsync(ConsumerDelete request, CancellationToken cancellationToken = default)
    {
        var message = new DeleteConsumerRequest
        {
            Consumer = ConsumerMapping.ToMessage(request.Consumer),
            IfUnused = request.IfUnused,
            IfEmpty = request.IfEmpty,
            ExpectedRevision = request.ExpectedRevision,
        };
        return RemovalOf(calls.ChangeAsync(client.DeleteAsync, message, static reply => reply.Error, cancellationToken));
    }

    public ValueTask<ConsumerResult> GetAsync(ConsumerRef consumer, CancellationToken cancellationToken = default) =>
        ResultOf(calls.QueryAsync(
            client.GetAsync, new GetConsumerRequest { Consumer = ConsumerMapping.ToMessage(consumer) }, static reply => reply.Error, cancellationToken));

    public async ValueTask<IReadOnlyList<ConsumerState>> ListAsync(ConsumerQuery query, CancellationToken cancellationToken = default)
    {
        var request = new ListConsumersRequest
        {
            Namespace = query.Namespace?.Value ?? string.Empty,
            NamePrefix = query.NamePrefix,
            Topic = query.Topic?.Value ?? string.Empty,
            After = query.After is { } after ? ConsumerMapping.ToMessage(after) : null,
            Limit = query.Limit,
        };
        var outcome = await calls.QueryAsync(client.ListAsync, request, static reply => reply.Error, cancellationToken).ConfigureAwait(false);
        StorageException.ThrowIfError(outcome.Error, "list consumers");
        return [.. outcome.GetReply("list consumers").Consumers.Select(ConsumerMapping.FromMessage)];
    }

    public ValueTask<ConsumerResult> ResetAsync(ConsumerRef consumer, ConsumerStart start, CancellationToken cancellationToken = default)
    {
        var request = new ResetRequest { Consumer = ConsumerMapping.ToMessage(consumer), Start = ConsumerMapping.ToMessage(start) };
        return ResultOf(calls.ChangeAsync(client.ResetAsync, request, static reply => reply.Error, cancellationToken));
    }

    public ValueTask<ConsumerRemoval> PurgeAsync(ConsumerRef consumer, CancellationToken cancellationToken = default) =>
        RemovalOf(calls.ChangeAsync(client.PurgeAsync, new PurgeRequest { Consumer = ConsumerMapping.ToMessage(consumer) }, static reply => reply.Error, cancellationToken));

    /// <summary>Hands records out, so it is not made twice: what a lost reply held comes again when its ack wait is over.</summary>
    public async ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default)
    {
        var outcome = await calls.ChangeAsync(client.FetchAsync, ConsumerMapping.ToMessage(request), static reply => reply.Error, cancellationToken, request.MaxWait).ConfigureAwait(false);
        return outcome.Reply is { } reply ? ConsumerMapping.ResultOf(reply.Error, reply.Deliveries) : FetchResult.Failed(outcome.Error);
    }

    /// <summary>The same answers twice are the same: they may be repeated.</summary>
    public async ValueTask<ErrorCode> AcknowledgeAsync(
        ConsumerRef consumer, ReadOnlyMemory<Acknowledgement> answers, bool mayBlock = false, CancellationToken cancellationToken = default)
    {
        var request = new AcknowledgeRequest { Consumer = ConsumerMapping.ToMessage(consumer) };
        ConsumerMapping.Add(request.Answers, answers.Span);
        return (await calls.QueryAsync(client.AcknowledgeAsync, request, static reply => reply.Error, cancellationToken).ConfigureAwait(false)).Error;
    }

    public IConsumerMembership Join(ConsumerJoin join, IConsumerReceiver receiver) => memberships.Join(join, receiver);

    public ValueTask<ErrorCode> CommitOffsetsAsync(OffsetCommit commit, CancellationToken cancellationToken = default) => _offsets.CommitAsync(commit, cancellationToken);

    public ValueTask<PendingCommitResult> CommitPendingOffsetsAsync(PendingCommit commit, CancellationToken cancellationToken = default) =>
        _offsets.CommitPendingAsync(commit, cancellationToken);

    public ValueTask<ErrorCode> EndPendingOffsetsAsync(PendingEnd end, CancellationToken cancellationToken = default) => _offsets.EndPendingAsync(end, cancellationToken);

    public ValueTask<GroupOffsets> FetchOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default) =>
        _offsets.FetchAsync(ns, group, logs, cancellationToken);

    public ValueTask<ErrorCode> DeleteOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default) =>
        _offsets.DeleteAsync(ns, group, logs, cancellationToken);

    public ValueTask<IReadOnlyList<OffsetGroup>> ListOffsetGroupsAsync(Namespace ns, CancellationToken cancellationToken = default) => _offsets.ListAsync(ns, cancellationToken);

    private static async ValueTask<ConsumerResult> ResultOf(ValueTask<CallOutcome<ConsumerReply>> call)
    {
        var outcome = await call.ConfigureAwait(false);
        return outcome.Reply is { } reply ? ConsumerMapping.ResultOf(reply) : new ConsumerResult(outcome.Error, null, outcome.Message);
    }

    private static async ValueTask<ConsumerRemoval> RemovalOf(ValueTask<CallOutcome<RemovalReply>> call)
    {
        var outcome = await call.ConfigureAwait(false);
        return new ConsumerRemoval(outcome.Error, outcome.Reply?.Records ?? 0);
    }
}

using Grpc.Core;
using RobustMQ.Protos.V1;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage;
using RobustMQ.Storage.Consumers;
using RobustMQ.StorageNode.Mapping;
using RobustMQ.StorageNode.Streams;

namespace RobustMQ.StorageNode.Services;

/// <summary><c>ConsumerService</c> onto the node's consumers and groups' offsets.</summary>
internal sealed class ConsumerCalls(NodeStorage node, ServerLife life) : ConsumerService.ConsumerServiceBase
{
    private const int ListDefault = 1000;

    private readonly ConsumerTable _consumers = node.Consumers;

    public override async Task<ConsumerReply> Create(CreateConsumerRequest request, ServerCallContext context) =>
        ConsumerMapping.ToReply(await _consumers.CreateAsync(ConsumerMapping.FromMessage(request.Spec)).ConfigureAwait(false));

    public override async Task<ConsumerReply> Update(UpdateConsumerRequest request, ServerCallContext context) =>
        ConsumerMapping.ToReply(await _consumers.UpdateAsync(ConsumerMapping.FromMessage(request.Spec), request.ExpectedRevision).ConfigureAwait(false));

    public override async Task<BindReply> Bind(BindRequest request, ServerCallContext context)
    {
        var change = new BindingChange { Consumer = ConsumerMapping.ToRef(request.Consumer), Remove = request.Remove, Add = [.. request.Add.Select(ConsumerMapping.FromMessage)] };
        return new BindReply { Error = Errors.ToMessage(await _consumers.BindAsync(change).ConfigureAwait(false)) };
    }

    public override async Task<RemovalReply> Delete(DeleteConsumerRequest request, ServerCallContext context) =>
        ConsumerMapping.ToReply(await _consumers.DeleteAsync(new ConsumerDelete
        {
            Consumer = ConsumerMapping.ToRef(request.Consumer),
            IfUnused = request.IfUnused,
            IfEmpty = request.IfEmpty,
            ExpectedRevision = request.ExpectedRevision,
        }).ConfigureAwait(false));

    public override async Task<ConsumerReply> Get(GetConsumerRequest request, ServerCallContext context) =>
        ConsumerMapping.ToReply(await _consumers.GetAsync(ConsumerMapping.ToRef(request.Consumer)).ConfigureAwait(false));

    public override async Task<ListConsumersReply> List(ListConsumersRequest request, ServerCallContext context)
    {
        var reply = new ListConsumersReply();
        var states = await _consumers.ListAsync(new ConsumerQuery
        {
            Namespace = Names.ToNamespaceOrAll(request.Namespace),
            NamePrefix = request.NamePrefix,
            Topic = request.Topic.Length == 0 ? null : TopicName.Parse(request.Topic),
            After = request.After is { } after ? ConsumerMapping.ToRef(after) : null,
            Limit = request.Limit > 0 ? request.Limit : ListDefault,
        }).ConfigureAwait(false);
        foreach (var state in states)
            reply.Consumers.Add(ConsumerMapping.ToMessage(state));
        return reply;
    }

    public override async Task<ConsumerReply> Reset(ResetRequest request, ServerCallContext context) =>
        ConsumerMapping.ToReply(
            await _consumers.ResetAsync(ConsumerMapping.ToRef(request.Consumer), ConsumerMapping.FromMessage(request.Start)).ConfigureAwait(false));

    public override async Task<RemovalReply> Purge(PurgeRequest request, ServerCallContext context) =>
        ConsumerMapping.ToReply(await _consumers.PurgeAsync(ConsumerMapping.ToRef(request.Consumer)).ConfigureAwait(false));

    public override async Task Consume(IAsyncStreamReader<ConsumeRequest> requests, IServerStreamWriter<ConsumeReply> replies, ServerCallContext context)
    {
        await using var session = new ConsumeSession(_consumers, replies, node.Options.SubscriberQueueBytesMax);
        await session.RunAsync(requests, life.Draining, context.CancellationToken).ConfigureAwait(false);
    }

    public override async Task<FetchReply> Fetch(Protos.V1.FetchRequest request, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, life.Draining);
        using var fetched = await _consumers.FetchAsync(ConsumerMapping.FromMessage(request), ending.Token).ConfigureAwait(false);
        var isDraining = fetched.Error == Records.ErrorCode.Cancelled && life.Draining.IsCancellationRequested;
        var reply = new FetchReply { Error = Errors.ToMessage(isDraining ? Records.ErrorCode.Unavailable : fetched.Error) };
        foreach (var deliveries in fetched.Deliveries)
            reply.Deliveries.Add(DeliveryMapping.ToMessage(deliveries));
        return reply;
    }

    public override async Task<AcknowledgeReply> Acknowledge(AcknowledgeRequest request, ServerCallContext context)
    {
        var answers = new List<Acknowledgement>();
        foreach (var some in request.Answers)
            ConsumerMapping.AddAnswers(some, answers);
        return new AcknowledgeReply
        {
            Error = Errors.ToMessage(await _consumers.AcknowledgeAsync(ConsumerMapping.ToRef(request.Consumer), answers.ToArray()).ConfigureAwait(false)),
        };
    }

    public override async Task<CommitOffsetsReply> CommitOffsets(CommitOffsetsRequest request, ServerCallContext context) =>
        new() { Error = Errors.ToMessage(await node.Offsets.CommitAsync(OffsetMapping.FromMessage(request)).ConfigureAwait(false)) };

    public override async Task<CommitPendingOffsetsReply> CommitPendingOffsets(CommitPendingOffsetsRequest request, ServerCallContext context)
    {
        var (error, ended) = await node.Offsets.CommitPendingAsync(OffsetMapping.FromMessage(request)).ConfigureAwait(false);
        return new CommitPendingOffsetsReply { Error = Errors.ToMessage(error), Ended = ended };
    }

    public override async Task<EndPendingOffsetsReply> EndPendingOffsets(EndPendingOffsetsRequest request, ServerCallContext context) =>
        new() { Error = Errors.ToMessage(await node.Offsets.EndPendingAsync(OffsetMapping.FromMessage(request)).ConfigureAwait(false)) };

    public override Task<FetchOffsetsReply> FetchOffsets(FetchOffsetsRequest request, ServerCallContext context) =>
        Task.FromResult(OffsetMapping.ToReply(node.Offsets.Fetch(Names.ToNamespace(request.Namespace), request.Group, LogsOf(request.Logs))));

    public override async Task<DeleteOffsetsReply> DeleteOffsets(DeleteOffsetsRequest request, ServerCallContext context)
    {
        var error = await node.Offsets.DeleteAsync(Names.ToNamespace(request.Namespace), request.Group, LogsOf(request.Logs)).ConfigureAwait(false);
        return new DeleteOffsetsReply { Error = Errors.ToMessage(error) };
    }

    public override Task<ListOffsetGroupsReply> ListOffsetGroups(ListOffsetGroupsRequest request, ServerCallContext context)
    {
        var reply = new ListOffsetGroupsReply();
        foreach (var group in node.Offsets.List(Names.ToNamespace(request.Namespace)))
            reply.Groups.Add(OffsetMapping.ToMessage(group));
        return Task.FromResult(reply);
    }

    private static Records.TopicPartition[] LogsOf(IEnumerable<Protos.V1.TopicPartition> logs) => [.. logs.Select(Names.ToLog)];
}

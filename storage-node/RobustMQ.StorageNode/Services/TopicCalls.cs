using Grpc.Core;
using RobustMQ.Protos.V1;
using RobustMQ.Records;
using RobustMQ.Storage;
using RobustMQ.Storage.Topics;
using RobustMQ.StorageNode.Mapping;
using RobustMQ.StorageNode.Streams;

namespace RobustMQ.StorageNode.Services;

/// <summary><c>TopicService</c> onto the node's catalog.</summary>
internal sealed class TopicCalls(NodeStorage node, ServerLife life) : TopicService.TopicServiceBase
{
    private readonly TopicCatalog _topics = node.Topics;

    public override async Task<TopicReply> Create(CreateTopicRequest request, ServerCallContext context) =>
        TopicMapping.ToReply(await _topics.CreateAsync(TopicMapping.FromMessage(request.Spec), context.CancellationToken).ConfigureAwait(false));

    public override async Task<TopicReply> Update(UpdateTopicRequest request, ServerCallContext context) =>
        TopicMapping.ToReply(
            await _topics.UpdateAsync(TopicMapping.FromMessage(request.Spec), request.ExpectedRevision, context.CancellationToken).ConfigureAwait(false));

    public override async Task<DeleteTopicReply> Delete(DeleteTopicRequest request, ServerCallContext context)
    {
        var error = await _topics.DeleteAsync(
            Names.ToNamespace(request.Namespace), TopicName.Parse(request.Name), context.CancellationToken).ConfigureAwait(false);
        return new DeleteTopicReply { Error = Errors.ToMessage(error) };
    }

    public override async Task<TopicReply> Get(GetTopicRequest request, ServerCallContext context)
    {
        var ns = Names.ToNamespace(request.Namespace);
        if (request.Name.Length > 0 && request.Subject.Length > 0)
            throw new FormatException("name and subject exclude each other");
        return TopicMapping.ToReply(
            request.Subject.Length > 0
                ? await _topics.GetBySubjectAsync(ns, Subject.Parse(request.Subject), context.CancellationToken).ConfigureAwait(false)
                : await _topics.GetAsync(ns, TopicName.Parse(request.Name), context.CancellationToken).ConfigureAwait(false));
    }

    public override async Task<ListTopicsReply> List(ListTopicsRequest request, ServerCallContext context)
    {
        var reply = new ListTopicsReply { Revision = _topics.Revision };
        var topics = await _topics.ListAsync(Names.ToNamespaceOrAll(request.Namespace), request.IncludeInternal, context.CancellationToken).ConfigureAwait(false);
        foreach (var topic in topics)
            reply.Topics.Add(TopicMapping.ToMessage(topic));
        return reply;
    }

    public override async Task Watch(WatchTopicsRequest request, IServerStreamWriter<TopicEvent> replies, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, life.Draining);
        var changes = _topics.WatchAsync(Names.ToNamespaceOrAll(request.Namespace), request.IncludeInternal, request.FromRevision, ending.Token);
        await WatchStream.RunAsync(changes, TopicMapping.ToMessage, replies, context, ending.Token).ConfigureAwait(false);
    }
}

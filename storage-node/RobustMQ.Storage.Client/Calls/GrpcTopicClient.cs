using System.Runtime.CompilerServices;
using Grpc.Core;
using RobustMQ.Protos.V1;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Mapping;
using RobustMQ.Storage.Client.Transport;
using ErrorCode = RobustMQ.Records.ErrorCode;
using Topic = RobustMQ.Records.Topics.Topic;
using TopicEvent = RobustMQ.Records.Topics.TopicEvent;
using TopicSpec = RobustMQ.Records.Topics.TopicSpec;

namespace RobustMQ.Storage.Client.Calls;

/// <summary>Topics over gRPC.</summary>
internal sealed class GrpcTopicClient(TopicService.TopicServiceClient client, NodeCalls calls, NodeStreams streams) : ITopicClient
{
    public ValueTask<TopicResult> CreateAsync(TopicSpec spec, CancellationToken cancellationToken = default) =>
        ResultOf(calls.ChangeAsync(client.CreateAsync, new CreateTopicRequest { Spec = TopicMapping.ToMessage(spec) }, static reply => reply.Error, cancellationToken));

    public ValueTask<TopicResult> UpdateAsync(TopicSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default)
    {
        var request = new UpdateTopicRequest { Spec = TopicMapping.ToMessage(spec), ExpectedRevision = expectedRevision };
        return ResultOf(calls.ChangeAsync(client.UpdateAsync, request, static reply => reply.Error, cancellationToken));
    }

    public async ValueTask<ErrorCode> DeleteAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default)
    {
        var request = new DeleteTopicRequest { Namespace = ns.Value, Name = name.Value };
        return (await calls.ChangeAsync(client.DeleteAsync, request, static reply => reply.Error, cancellationToken).ConfigureAwait(false)).Error;
    }

    public ValueTask<TopicResult> GetAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default) =>
        ResultOf(calls.QueryAsync(
            client.GetAsync, new GetTopicRequest { Namespace = ns.Value, Name = name.Value }, static reply => reply.Error, cancellationToken));

    public ValueTask<TopicResult> GetBySubjectAsync(Namespace ns, Subject subject, CancellationToken cancellationToken = default) =>
        ResultOf(calls.QueryAsync(
            client.GetAsync, new GetTopicRequest { Namespace = ns.Value, Subject = subject.Value }, static reply => reply.Error, cancellationToken));

    public async ValueTask<IReadOnlyList<Topic>> ListAsync(Namespace? ns, bool includeInternal, CancellationToken cancellationToken = default)
    {
        var request = new ListTopicsRequest { Namespace = ns?.Value ?? string.Empty, IncludeInternal = includeInternal };
        var outcome = await calls.QueryAsync(client.ListAsync, request, static reply => reply.Error, cancellationToken).ConfigureAwait(false);
        StorageException.ThrowIfError(outcome.Error, "list topics");
        return [.. outcome.GetReply("list topics").Topics.Select(TopicMapping.FromMessage)];
    }

    public async IAsyncEnumerable<TopicEvent> WatchAsync(
        Namespace? ns, bool includeInternal, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new WatchTopicsRequest { Namespace = ns?.Value ?? string.Empty, IncludeInternal = includeInternal };
        for (var isFirst = true; ; isFirst = false)
        {
            await using var stream = await streams.OpenAsync(client.Watch, request, cancellationToken).ConfigureAwait(false);
            if (!isFirst)
                yield return new TopicEvent(TopicEventKind.Reset, null, 0);
            while (await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                yield return TopicMapping.FromMessage(stream.Current);
        }
    }

    private static async ValueTask<TopicResult> ResultOf(ValueTask<CallOutcome<TopicReply>> call)
    {
        var outcome = await call.ConfigureAwait(false);
        return outcome.Reply is { } reply ? TopicMapping.FromMessage(reply) : new TopicResult(outcome.Error, null, outcome.Message);
    }
}

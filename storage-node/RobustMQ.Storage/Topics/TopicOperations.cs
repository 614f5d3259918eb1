using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Topics;

/// <summary>Result: <see cref="TopicChange"/>.</summary>
/// <param name="Spec">Validated, every default filled in.</param>
internal sealed record CreateTopic(TopicSpec Spec, Guid Id, long NowMs) : Operation;

/// <summary>Result: <see cref="TopicChange"/>.</summary>
internal sealed record UpdateTopic(TopicSpec Spec, long ExpectedRevision) : Operation;

/// <summary>Result: <see cref="TopicChange"/>.</summary>
internal sealed record DeleteTopic(Namespace Namespace, TopicName Name) : Operation;

using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Topics;

/// <summary>Result: <see cref="TopicChange"/>.</summary>
/// <param name="Spec">Validated, every default filled in.</param>
/// <param name="TakesOver">The topic is to take over records of <see cref="TopicName.Durable"/>: until that is done it is written down.</param>
internal sealed record CreateTopic(TopicSpec Spec, Guid Id, long NowMs, bool TakesOver = false) : Operation;

/// <summary>Result: <see cref="TopicChange"/>.</summary>
internal sealed record UpdateTopic(TopicSpec Spec, long ExpectedRevision) : Operation;

/// <summary>Result: <see cref="TopicChange"/>.</summary>
internal sealed record DeleteTopic(Namespace Namespace, TopicName Name) : Operation;

/// <summary>Removes topics whose time is over at a moment that the leader read from its clock, the longest overdue first. Result: <see cref="TopicsExpired"/>.</summary>
internal sealed record ExpireTopics(long NowMs, int CountMax) : Operation;

/// <summary>What <see cref="ExpireTopics"/> removed.</summary>
internal sealed record TopicsExpired(IReadOnlyList<TopicChange> Changes);

/// <summary>Nothing is left of the logs of topics that are gone. Result: nothing.</summary>
internal sealed record ForgetDropped(IReadOnlyList<Guid> Topics) : Operation;

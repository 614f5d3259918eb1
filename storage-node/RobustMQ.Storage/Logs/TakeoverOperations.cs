using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Logs;

/// <summary>A takeover begins, maybe for the second time after a crash: whatever the topic's logs hold is of an earlier try. Result: nothing.</summary>
internal sealed record BeginTakeover(Topic Topic) : LogOperation;

/// <summary>Copies what a piece of one persistent log holds for a topic's filters. Result: the offset to go on at.</summary>
internal sealed record TakeOverPiece(Topic Topic, LogId Source, Offset From) : LogOperation;

/// <summary>
/// Copies what is left, and from then on, until a Unix ms, whatever is appended to the source for the topic by those who do not know of it yet. With it a new topic holds all that it
/// takes over. Result: nothing.
/// </summary>
internal sealed record EndTakeover(Topic Topic, LogId Source, Offset From, long UntilMs, long NowMs) : LogOperation;

/// <summary>
/// A new topic holds all that it takes over, on the device: from now on a start leaves its records alone. An operation of its own, since within one round metadata is durable before logs are.
/// Result: nothing.
/// </summary>
internal sealed record ForgetTakeover(Guid Topic) : Operation;

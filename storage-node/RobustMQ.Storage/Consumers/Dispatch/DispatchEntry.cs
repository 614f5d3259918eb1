using RobustMQ.Storage.Consumers.Core;

namespace RobustMQ.Storage.Consumers.Dispatch;

/// <summary>A binding in the trie of a log.</summary>
internal sealed record DispatchEntry(LogLink Link, BindingRange Range);

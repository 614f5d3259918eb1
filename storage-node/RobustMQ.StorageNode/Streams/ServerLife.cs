namespace RobustMQ.StorageNode.Streams;

/// <summary>When the server drains: long streams end then, of their own.</summary>
internal sealed record ServerLife(CancellationToken Draining);

namespace RobustMQ.Storage.Client.Resilience;

/// <summary>The node that was asked does not lead the log. Nothing was done.</summary>
internal sealed class NotLeaderException() : Exception("The storage-node does not lead this log.");

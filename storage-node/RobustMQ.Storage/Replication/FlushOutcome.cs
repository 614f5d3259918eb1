using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Replication;

/// <summary>What could not be made durable.</summary>
/// <param name="Logs">Logs whose devices refused; null for none.</param>
/// <param name="AreDelaysLost">What was changed of delayed records.</param>
internal readonly record struct FlushOutcome(HashSet<LogId>? Logs, bool AreDelaysLost)
{
    public bool IsWhole => Logs is null && !AreDelaysLost;

    public bool Lost(LogId log) => Logs is not null && Logs.Contains(log);
}

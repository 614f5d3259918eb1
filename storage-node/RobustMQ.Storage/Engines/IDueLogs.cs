namespace RobustMQ.Storage.Engines;

/// <summary>An engine that knows when something of a log expires or ages out, so that nobody needs to ask its idle logs, or to open them.</summary>
internal interface IDueLogs
{
    /// <summary>Adds logs that want <see cref="ILog.ApplyRetention"/> at a Unix time in ms, the longest overdue first.</summary>
    void FindDue(long nowMs, int countMax, List<LogId> due);
}

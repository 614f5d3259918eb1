using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Logs;

namespace RobustMQ.Storage.Consumers.Dispatch;

/// <summary>One consumer's place at one log.</summary>
internal sealed class LogLink(Consumer consumer, LogProgress progress, LogPartition partition, LogDispatch dispatch)
{
    public Consumer Consumer { get; } = consumer;

    public LogProgress Progress { get; } = progress;

    public LogPartition Partition { get; } = partition;

    public LogDispatch Dispatch { get; } = dispatch;

    /// <summary>Last record that was pushed. Under the dispatch's gate.</summary>
    public long LastPushed { get; set; } = -1;

    /// <summary>Where the log ended when the consumer's last fetch began. Under the consumer's lock.</summary>
    public long WantedTo { get; set; }
}

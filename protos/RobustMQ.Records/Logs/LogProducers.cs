namespace RobustMQ.Records.Logs;

/// <summary>The idempotent producers that a log remembers.</summary>
public readonly record struct LogProducers(ErrorCode Error, IReadOnlyList<LogProducer> Producers)
{
    public static LogProducers Failed(ErrorCode error) => new(error, []);
}

namespace RobustMQ.Records.Logs;

/// <summary>Where to read one log on, and how much of it.</summary>
/// <param name="MaxBytes">One batch is returned even where it alone is larger.</param>
public readonly record struct LogPosition(TopicPartition Log, Offset Offset, int MaxBytes);

namespace RobustMQ.Records.Batches;

/// <summary>The attribute byte of a record. Kafka leaves it unused (0).</summary>
[Flags]
public enum RecordAttributes : byte
{
    None = 0,

    /// <summary>The record arrived by subject, and its key is that subject.</summary>
    KeyIsSubject = 1,
}

namespace RobustMQ.Records.Batches;

/// <summary>Identity and position of an idempotent producer, as written into a batch. <see cref="None"/> for batches that may be stored twice.</summary>
public readonly record struct ProducerState(long ProducerId, short Epoch, int BaseSequence)
{
    public static ProducerState None => new(-1, -1, -1);
}

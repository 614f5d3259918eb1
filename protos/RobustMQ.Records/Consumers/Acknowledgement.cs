namespace RobustMQ.Records.Consumers;

/// <summary>An answer to one delivery. One to a record that is not pending (any more) is ignored.</summary>
public readonly record struct Acknowledgement
{
    public Acknowledgement(DeliveryId delivery, AckKind kind = AckKind.Acknowledge)
    {
        Delivery = delivery;
        Kind = kind;
    }

    public DeliveryId Delivery { get; init; }

    public AckKind Kind { get; init; }

    /// <summary>For <see cref="AckKind.Return"/>: not before this has passed. Null: the consumer's back-off.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>
    /// For <see cref="AckKind.Progress"/>: a number of the gateway's own, kept with the pending record and given back with every further delivery of it
    /// (<see cref="DeliveryMark.Note"/>). An MQTT session notes that a QoS 2 message was received and waits for its release only. 0: none.
    /// </summary>
    public long Note { get; init; }
}

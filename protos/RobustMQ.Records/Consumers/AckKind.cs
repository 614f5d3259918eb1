namespace RobustMQ.Records.Consumers;

/// <summary>A member's answer to a delivery.</summary>
public enum AckKind
{
    /// <summary>Done; under <see cref="AckPolicy.All"/> what came before it, too.</summary>
    Acknowledge = 0,

    /// <summary>Deliver it again, after the answer's delay (or the consumer's back-off), at its original position among what waits.</summary>
    Return = 1,

    /// <summary>Never deliver it again: it goes to the dead letters (<see cref="DeadReason.Rejected"/>) where the consumer has some.</summary>
    Terminate = 2,

    /// <summary>Still at work: the ack wait begins again, and the answer's note is kept with the record.</summary>
    Progress = 3,

    /// <summary>As <see cref="Return"/>, and this delivery does not count: the receiver never saw it.</summary>
    Release = 4,
}

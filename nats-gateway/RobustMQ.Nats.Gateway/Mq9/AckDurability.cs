namespace RobustMQ.Nats.Gateway.Mq9;

/// <summary>What has happened to a group's acknowledgement when it is answered.</summary>
public enum AckDurability
{
    /// <summary>It is on the device.</summary>
    Durable,

    /// <summary>The operating system has it: a crash of the process does not take it back, a loss of power may, and what it was for is fetched again.</summary>
    Written,
}

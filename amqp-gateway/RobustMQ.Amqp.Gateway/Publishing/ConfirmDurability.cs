namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>What has happened to a persistent message in a durable queue when it is confirmed.</summary>
public enum ConfirmDurability
{
    /// <summary>It is on the device, as in a quorum queue of RabbitMQ.</summary>
    Durable,

    /// <summary>The operating system has it, as in a classic queue of RabbitMQ: a crash of the process does not take it back, a loss of power may.</summary>
    Written,
}

namespace RobustMQ.Records;

/// <summary>What has happened to a batch when its append is acknowledged.</summary>
public enum Durability
{
    /// <summary>The topic's own level.</summary>
    TopicDefault = 0,

    /// <summary>In the storage-node's memory. A crash of the process loses it.</summary>
    Accepted = 1,

    /// <summary>Handed to the operating system. A crash of the machine may lose it.</summary>
    Written = 2,

    /// <summary>Flushed to the device.</summary>
    Durable = 3,
}

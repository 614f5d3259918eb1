namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>Whether a new subscription gets retained messages (5.0 section 3.8.3.1).</summary>
public enum RetainHandling : byte
{
    Send = 0,

    /// <summary>Only where the subscription is not there yet.</summary>
    SendIfNew = 1,
    DoNotSend = 2,
}

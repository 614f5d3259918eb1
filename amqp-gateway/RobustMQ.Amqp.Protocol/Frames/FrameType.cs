namespace RobustMQ.Amqp.Protocol.Frames;

/// <summary>Kinds of frames.</summary>
public enum FrameType : byte
{
    Method = 1,
    Header = 2,
    Body = 3,
    Heartbeat = 8,
}

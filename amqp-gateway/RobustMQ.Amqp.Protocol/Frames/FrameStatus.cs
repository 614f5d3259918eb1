namespace RobustMQ.Amqp.Protocol.Frames;

/// <summary>Outcome of one attempt to read a frame.</summary>
public enum FrameStatus
{
    /// <summary>A whole frame was read.</summary>
    Frame,

    /// <summary>The input ends within a frame.</summary>
    NeedsMore,

    /// <summary>The frame is announced as larger than the maximum agreed on.</summary>
    TooLarge,

    /// <summary>The byte behind the payload is not <see cref="AmqpFrame.End"/>.</summary>
    BadEnd,

    /// <summary>No frame has this type.</summary>
    UnknownType,
}

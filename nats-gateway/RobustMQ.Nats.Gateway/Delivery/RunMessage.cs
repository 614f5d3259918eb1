namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>One message of a <see cref="PublishRun"/>, by positions in the run's source bytes.</summary>
internal readonly struct RunMessage(int replyStart, int replyLength, int bodyStart, int headerLength, int bodyLength)
{
    public int ReplyStart { get; } = replyStart;

    /// <summary>0: no reply subject.</summary>
    public int ReplyLength { get; } = replyLength;

    /// <summary>First byte of the header block (or of the payload where there is none); the payload follows the headers.</summary>
    public int BodyStart { get; } = bodyStart;

    /// <summary>0: no headers.</summary>
    public int HeaderLength { get; } = headerLength;

    /// <summary>Headers and payload. Two more bytes, CR LF, stand behind the body in the source.</summary>
    public int BodyLength { get; } = bodyLength;
}

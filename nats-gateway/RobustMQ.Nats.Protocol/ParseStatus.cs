namespace RobustMQ.Nats.Protocol;

/// <summary>Outcome of one attempt to read a command.</summary>
public enum ParseStatus
{
    /// <summary>A whole command was read.</summary>
    Command,

    /// <summary>The input ends within a control line.</summary>
    NeedsLine,

    /// <summary>The control line is whole and tells how long the command is, but the input ends within its payload.</summary>
    NeedsPayload,

    /// <summary>No command begins like this.</summary>
    UnknownOperation,

    /// <summary>A control line that is longer than allowed.</summary>
    LineTooLong,

    /// <summary>Wrong number of arguments, or a size that is none.</summary>
    BadArguments,

    /// <summary>The payload is announced as longer than allowed.</summary>
    PayloadTooLarge,

    /// <summary>No CR LF behind the payload.</summary>
    BadPayloadEnd,
}

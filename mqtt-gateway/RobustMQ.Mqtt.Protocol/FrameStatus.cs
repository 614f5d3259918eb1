namespace RobustMQ.Mqtt.Protocol;

/// <summary>What the bytes at the front of the input are.</summary>
public enum FrameStatus
{
    /// <summary>One whole packet.</summary>
    Packet = 0,

    /// <summary>The fixed header is not whole.</summary>
    NeedsHeader = 1,

    /// <summary>The fixed header is whole and good; the rest is still to come.</summary>
    NeedsBody = 2,

    /// <summary>A length of more than four bytes, type 0, or flags that the type does not have.</summary>
    Malformed = 3,

    /// <summary>Longer than the reader takes.</summary>
    TooLarge = 4,
}

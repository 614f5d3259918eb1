namespace RobustMQ.Records.Consumers;

/// <summary>Where reading begins.</summary>
public enum StartPolicy
{
    /// <summary>At the first record that is there.</summary>
    All = 0,

    /// <summary>With what is appended from now on. "Now" is the moment at which the consumer, binding or reset is stored.</summary>
    New = 1,

    /// <summary>At the last record that matches, then what follows.</summary>
    Last = 2,

    /// <summary>The newest record of every subject that matches, then what follows.</summary>
    LastPerSubject = 3,

    /// <summary>At an offset, inclusive; one before the first record means the first.</summary>
    Offset = 4,

    /// <summary>At the first record whose timestamp is a Unix time or later.</summary>
    Time = 5,
}

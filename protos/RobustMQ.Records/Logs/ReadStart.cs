namespace RobustMQ.Records.Logs;

/// <summary>Where a read begins.</summary>
public enum ReadStart
{
    Offset = 0,

    /// <summary>The first record whose timestamp is the given time or later.</summary>
    Time = 1,
    First = 2,

    /// <summary>The last record (that matches the filters).</summary>
    Last = 3,

    /// <summary>
    /// The newest record of every key (that matches the filters), in offset order. One that is replaced meanwhile may be left out: its newer record lies at the answer's next offset or
    /// behind it, which is before the log's end then.
    /// </summary>
    LastPerKey = 4,
}

namespace RobustMQ.Storage.Tests.Disk;

/// <summary>What of the things that were not synced is there after a crash.</summary>
public enum AfterCrash
{
    /// <summary>Everything: only the process died.</summary>
    KeepsAll,

    /// <summary>Nothing: power was lost before the operating system wrote anything by itself.</summary>
    LosesUnsynced,

    /// <summary>Some writes, in any order, the last one in part; some names.</summary>
    KeepsSome,
}

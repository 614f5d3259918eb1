namespace RobustMQ.Storage.Consumers.Core;

internal enum PendingState : byte
{
    /// <summary>With a member, or with somebody who fetched it.</summary>
    Out,

    /// <summary>Given back; may be delivered again now.</summary>
    Returned,

    /// <summary>Given back; may be delivered again when <see cref="PendingRecord.DueMs"/> has come.</summary>
    Delayed,

    /// <summary>Given up; waits for its copy among the dead letters to be stored.</summary>
    Dying,
}

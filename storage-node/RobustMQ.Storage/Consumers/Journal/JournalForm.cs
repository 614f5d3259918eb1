namespace RobustMQ.Storage.Consumers.Journal;

/// <summary>What a journal record is; the first byte of its value. A record without a value says that its owner is gone.</summary>
internal enum JournalForm : byte
{
    Nothing = 0,

    /// <summary>All of it: what came before does not matter any more.</summary>
    Snapshot = 1,

    /// <summary>Changes since the record before.</summary>
    Ops = 2,

    Gone = 3,
}

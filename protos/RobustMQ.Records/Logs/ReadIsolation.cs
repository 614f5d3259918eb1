namespace RobustMQ.Records.Logs;

/// <summary>What a reader sees of transactions. The numbers are the ones on the wire (<c>robustmq.storage.v1.ReadIsolation</c>).</summary>
public enum ReadIsolation
{
    /// <summary>Messages only: nothing of open or aborted transactions, no control batches. The log ends before the first open transaction.</summary>
    Committed = 0,

    /// <summary>The stored batches, whatever they are, to the log's end.</summary>
    Stored = 1,

    /// <summary>The stored batches before the first open transaction, and which of them were aborted.</summary>
    StoredStable = 2,
}

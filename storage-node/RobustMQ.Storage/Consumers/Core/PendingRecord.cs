namespace RobustMQ.Storage.Consumers.Core;

/// <summary>What is known of a record between its first delivery and its end. Sixty-some bytes each in the table, so that a million are affordable.</summary>
internal struct PendingRecord
{
    /// <summary>0 for one that was never delivered (the start policies that name single records).</summary>
    public long Sequence;

    public long Note;

    /// <summary>Out: Unix ms of its ack deadline, 0 for none. Delayed: when it may be delivered again.</summary>
    public long DueMs;

    public int DeliveryCount;

    public int Bytes;

    /// <summary>Whose it is; <see cref="MemberSlot.Nobody"/> for what was fetched without a member.</summary>
    public int Slot;

    /// <summary>Ack wait that <see cref="DueMs"/> came from.</summary>
    public int WaitMs;

    public byte Priority;

    public PendingState State;

    public DeadMark Death;

    /// <summary>Waited without being handed out in its turn: it lies before where its consumer's lanes begin, and is stored whatever the ack policy is.</summary>
    public bool IsSingle;
}

/// <summary>Why a dying record dies.</summary>
internal enum DeadMark : byte
{
    None,
    Rejected,
    Deliveries,
    Expired,
    Backlog,
}

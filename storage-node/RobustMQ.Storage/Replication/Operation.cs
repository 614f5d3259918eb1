namespace RobustMQ.Storage.Replication;

/// <summary>One change of durable state, with everything that apply needs.</summary>
internal abstract record Operation
{
    /// <summary>Changes logs and nothing of the node's metadata: it can be carried out while those cannot be written.</summary>
    public virtual bool IsOfLogs => false;

    /// <summary>May be applied while what was applied before it is still being made durable.</summary>
    public virtual bool MayOverlap => false;
}

/// <summary>An operation that changes logs only.</summary>
internal abstract record LogOperation : Operation
{
    public sealed override bool IsOfLogs => true;
}

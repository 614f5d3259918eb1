namespace RobustMQ.Storage.Replication;

/// <summary>One change of durable state, with everything that apply needs.</summary>
internal abstract record Operation;

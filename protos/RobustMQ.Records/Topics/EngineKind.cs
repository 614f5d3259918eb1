namespace RobustMQ.Records.Topics;

/// <summary>Which engine keeps a topic's logs.</summary>
public enum EngineKind
{
    /// <summary>The node's default.</summary>
    Unspecified = 0,
    Memory = 1,
    RocksDb = 2,
    Segment = 3,
}

namespace RobustMQ.Storage.Offline;

/// <summary>How bad it is.</summary>
public enum FindingKind
{
    /// <summary>What a crash may leave and the next start puts right, or what an earlier recovery kept.</summary>
    Note,

    /// <summary>Bytes are not what was stored.</summary>
    Damage,
}
